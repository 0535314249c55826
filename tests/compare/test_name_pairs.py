"""Pairs of names judged by hand: what a printed name may be called against the registry's."""

import pytest

from enrich.compare.cells.reading import Cell
from enrich.compare.rules import RULES
from enrich.models import Claim, Trial

SAME, OTHER, UNDECIDED = "same", "other", "undecided"
NOT_SAME = f"{OTHER}|{UNDECIDED}"  # a person would not say more without looking elsewhere
NOT_OTHER = f"{SAME}|{UNDECIDED}"

# fmt: off
# printed | what the record gives: its conditions, parted by semicolons | allowed verdicts
CONDITIONS = """
Type 1 diabetes | Diabetes Mellitus, Type 2 | other
type 2 diabetes mellitus | Type 2 Diabetes | same
Diabetes type II | Diabetes Mellitus, Type 2 | same
Diabetes (type 1) | Type 2 Diabetes | other
Diabetes | Type 2 Diabetes Mellitus | same|undecided
T1DM | Type 1 Diabetes Mellitus | same
T1DM | Type 2 Diabetes | other|undecided
NIDDM | Diabetes Mellitus, Type 2 | same
Gestational diabetes | Diabetes Mellitus, Type 2 | other
Gestational diabetes | Diabetes | undecided
Diabetes insipidus | Diabetes Mellitus | other
Diabetic nephropathy | Diabetes Mellitus, Type 2 | undecided|other
Diabetic foot ulcer | Diabetic Retinopathy | other|undecided
Prostate cancer | Breast Cancer | other
Prostate cancer | Prostatic Neoplasms | same
Cancer of the prostate | Prostate Cancer | same
Prostate carcinoma | Prostate Cancer | same
mCRPC | Prostate Cancer | other|undecided
Benign prostatic hyperplasia | Prostate Cancer | other|undecided
Breast cancer | Breast Neoplasms | same
Breast tumour | Breast Neoplasms | same
HER2-positive breast cancer | Breast Cancer | same|undecided
Triple negative breast cancer | Breast Cancer | undecided
Metastatic breast cancer | Breast Cancer | same
Breast cancer stage II | Breast Cancer Stage IV | undecided|other
Early breast cancer | Advanced Breast Cancer | undecided|other
Ovarian carcinoma | Ovarian Cancer | same
Ovarian cancer | Endometrial Cancer | other
Cervical cancer | Cervical Dystonia | other|undecided
NSCLC | Carcinoma, Non-Small-Cell Lung | same
Non-small-cell lung carcinoma | Non Small Cell Lung Cancer | same
non-small cell lung cancer (NSCLC) | NSCLC | same
SCLC | Small Cell Lung Cancer | same
SCLC | Non-Small Cell Lung Cancer | other|undecided
Lung cancer | Non-small Cell Lung Cancer | same|undecided
Non-small cell lung cancer | Lung Cancer | undecided
Squamous cell lung cancer | Small Cell Lung Cancer | other|undecided
Lung cancer (SCLC) | Small Cell Lung Cancer | same
Lung cancer (SCLC) | Non-Small Cell Lung Cancer | other|undecided
Lung cancer (XYZ) | Lung Cancer | same
Lung cancer (COPD) | Lung Cancer | undecided
Mesothelioma | Lung Cancer | other|undecided
Hepatocellular carcinoma | HCC | same
HCC | Hepatocellular Carcinoma | same
Liver cancer | Hepatocellular Carcinoma | same|undecided
Hepatocellular carcinoma | Cholangiocarcinoma | other
Renal cell carcinoma | Kidney Cancer | undecided|same
RCC | Carcinoma, Renal Cell | same
Bladder cancer | Urinary Bladder Neoplasms | same|undecided
Colorectal cancer | Colon Cancer | undecided
Colon cancer | Colorectal Cancer | undecided
Colorectal cancer | Gastric Cancer | other
Stomach cancer | Gastric Cancer | same
Pancreatic cancer | Pancreatitis | undecided
Chronic pancreatitis | Acute Pancreatitis | other|undecided
Acute pancreatitis | Pancreatitis | same|undecided
Glioblastoma | Glioma | undecided
GBM | Glioblastoma | same|undecided
AML | Acute Myeloid Leukemia | same
AML | Acute Lymphoblastic Leukemia | other|undecided
Acute myeloid leukaemia | Acute Myelogenous Leukemia | same
Acute kidney injury | Acute Leukemia | other|undecided
CML | Chronic Lymphocytic Leukemia | other|undecided
Chronic myeloid leukaemia | Leukemia, Myelogenous, Chronic, BCR-ABL Positive | same
Chronic leukemia | Leukemia | undecided
Leukaemia | Acute Myeloid Leukemia | same|undecided
Hodgkin lymphoma | Non-Hodgkin Lymphoma | other|undecided
Non-Hodgkin's lymphoma | Lymphoma, Non-Hodgkin | same
DLBCL | Diffuse Large B-cell Lymphoma | same
Follicular lymphoma | Mantle Cell Lymphoma | other
Multiple myeloma | Relapsed or Refractory Multiple Myeloma | same
R/R MM | Multiple Myeloma | same|undecided
Multiple myeloma | Multiple Sclerosis | other
Multiple sclerosis | Scleroderma, Systemic | other
MS | Multiple Sclerosis | same
MS | Mitral Stenosis | undecided
RRMS | Multiple Sclerosis, Relapsing-Remitting | same
Relapsing multiple sclerosis | Multiple Sclerosis | same|undecided
Primary progressive MS | Relapsing-Remitting Multiple Sclerosis | other|undecided
Amyotrophic lateral sclerosis | Tuberous Sclerosis | other
ALS | Amyotrophic Lateral Sclerosis | same
Systemic sclerosis | Scleroderma | same
SSc | Systemic Sclerosis | same
Limited scleroderma | Diffuse Scleroderma | other|undecided
Rheumatoid arthritis | Osteoarthritis | other
RA | Rheumatoid Arthritis | same
RA | Refractory Anemia | undecided
Juvenile idiopathic arthritis | Rheumatoid Arthritis | other|undecided
Psoriatic arthritis | Rheumatoid Arthritis | other
Psoriatic arthritis | Psoriasis | undecided|other
Psoriasis | Psoriatic Arthritis | undecided|other
Ankylosing spondylitis | Spondylitis, Ankylosing | same
Axial SpA | Ankylosing Spondylitis | undecided|same
Lupus nephritis | Systemic Lupus Erythematosus | undecided
SLE | Lupus Erythematosus, Systemic | same
Lupus | Systemic Lupus Erythematosus | same
Cutaneous lupus | Systemic Lupus Erythematosus | undecided|other
Crohn's disease | Ulcerative Colitis | other
Crohn’s | Crohn Disease | same
UC | Ulcerative Colitis | same
Ulcerative colitis | Colitis, Ulcerative | same
Inflammatory bowel disease | Irritable Bowel Syndrome | other
IBD | Irritable Bowel Syndrome | undecided
IBS | Irritable Bowel Syndrome | same
Coeliac disease | Celiac Disease | same
Oesophageal cancer | Esophageal Cancer | same
Eosinophilic oesophagitis | Eosinophilic Esophagitis | same
GORD | GERD | undecided|same
Anaemia | Anemia | same
Iron deficiency anaemia | Anemia | undecided
Iron-deficiency anaemia | Anemia, Iron-Deficiency | same
Sickle cell anaemia | Sickle Cell Disease | same
Anaemia | Leukaemia | other
Aplastic anemia | Pernicious Anemia | other
Haemophilia A | Hemophilia B | other
Haemophilia A | Hemophilia A | same
Haemophilia | Hemophilia A | same|undecided
Hepatitis B | Hepatitis C | other
Chronic hepatitis C | Hepatitis C, Chronic | same
Hepatitis C | Chronic Hepatitis C | same|undecided
Chronic hepatitis C | Hepatitis C | undecided
HIV | HIV Infections | same
HIV/AIDS | HIV Infections | same|undecided
HIV | Hepatitis C | other|undecided
Tuberculosis | Latent Tuberculosis | same|undecided
Latent TB | Tuberculosis | undecided
COVID-19 | SARS-CoV-2 Infection | same
2019-nCoV | COVID-19 | same
COVID | COVID-19 | same
Covid19 | COVID-19 | same
Novel coronavirus pneumonia | COVID-19 | same
Coronavirus disease (COVID-19) | COVID-19 | same
COVID-19 | Influenza | other
SARS | COVID-19 | other|undecided
Long COVID | COVID-19 | undecided|other
Influenza | Haemophilus Influenzae | undecided|other
Pneumonia | COVID-19 | undecided
Community-acquired pneumonia | Ventilator-Associated Pneumonia | other|undecided
Bacterial pneumonia | Viral Pneumonia | other|undecided
Malaria | Plasmodium Falciparum Malaria | same|undecided
Falciparum malaria | Vivax Malaria | other|undecided
ARDS | Acute Respiratory Distress Syndrome | same
COPD | Chronic Obstructive Pulmonary Disease | same
COPD | Asthma | other
COPD exacerbation | COPD | undecided|same
Severe asthma | Asthma | same
Eosinophilic asthma | Asthma | undecided
Asthma | Asthma in Children | same|undecided
Paediatric asthma | Asthma | same|undecided
Cystic fibrosis | Idiopathic Pulmonary Fibrosis | other
Pulmonary fibrosis | Cystic Fibrosis | other|undecided
IPF | Idiopathic Pulmonary Fibrosis | same
Pulmonary hypertension | Hypertension | undecided
Hypertension | Pulmonary Hypertension | undecided
Portal hypertension | Hypertension | other|undecided
Arterial hypertension | Hypertension | same
High blood pressure | Hypertension | same
PAH | Pulmonary Arterial Hypertension | same
Pulmonary embolism | Pulmonary Hypertension | undecided|other
Myocardial infarction | Cerebral Infarction | other|undecided
Heart attack | Myocardial Infarction | same
AMI | Acute Myocardial Infarction | same
STEMI | ST Elevation Myocardial Infarction | same
STEMI | NSTEMI | undecided|other
STEMI | Myocardial Infarction | undecided
MI | Myocardial Infarction | same
Heart failure | Congestive Heart Failure | same
Chronic heart failure | Acute Heart Failure | undecided|other
HFpEF | Heart Failure With Preserved Ejection Fraction | same
HFpEF | Heart Failure With Reduced Ejection Fraction | undecided|other
Diastolic heart failure | Systolic Heart Failure | undecided|other
Atrial fibrillation | Atrial Flutter | undecided|other
AF | Atrial Fibrillation | same
Stroke | Ischemic Stroke | same|undecided
Ischaemic stroke | Hemorrhagic Stroke | other|undecided
Acute ischaemic stroke | Ischemic Stroke | same
Stroke | Heat Stroke | other|undecided
TIA | Stroke | undecided|other
Alzheimer's disease | Parkinson Disease | other
Alzheimer’s | Alzheimer Disease | same
Vascular dementia | Alzheimer Disease | other|undecided
Dementia | Alzheimer Disease | undecided|same
Parkinsonism | Parkinson Disease | undecided
Huntington's chorea | Huntington Disease | same|undecided
Epilepsy | Migraine | other
Migraine without aura | Migraine with Aura | other|undecided
Cluster headache | Migraine Disorders | other|undecided
Major depression | Bipolar Depression | other|undecided
MDD | Major Depressive Disorder | same
Depression | Major Depressive Disorder | undecided|same
Schizophrenia | Bipolar Disorder | other
Autism | Autism Spectrum Disorder | undecided|same
ADHD | Attention Deficit Hyperactivity Disorder | same
PTSD | Post-Traumatic Stress Disorder | same
Chronic kidney disease | Acute Kidney Injury | other|undecided
CKD | Chronic Kidney Diseases | same
End-stage renal disease | Kidney Failure, Chronic | same
ESRD | End Stage Renal Disease | same
Renal failure | Heart Failure | other
Liver failure | Kidney Failure | other
Nephrotic syndrome | Metabolic Syndrome | other
Cirrhosis | Liver Cirrhosis | same|undecided
NAFLD | Nonalcoholic Fatty Liver Disease | same
Alcoholic hepatitis | Viral Hepatitis | other|undecided
Atopic dermatitis | Contact Dermatitis | other
Atopic eczema | Atopic Dermatitis | same
Acne | Acne Vulgaris | same|undecided
Moderate to severe plaque psoriasis | Psoriasis | same
Melanoma | Basal Cell Carcinoma | other
Uveal melanoma | Cutaneous Melanoma | other|undecided
Osteoporosis | Osteopenia | other|undecided
Osteoarthritis of the knee | Osteoarthritis, Knee | same
Knee osteoarthritis | Hip Osteoarthritis | other
Knee OA | Osteoarthritis, Knee | undecided|same
Low back pain | Neck Pain | undecided|other
Glaucoma | Cataract | other
Diabetic macular oedema | Diabetic Macular Edema | same
AMD | Age-related Macular Degeneration | same|undecided
Pre-eclampsia | Preeclampsia | same
Preterm birth | Preterm Labor | undecided|other
PCOS | Polycystic Ovary Syndrome | same
Endometriosis | Endometritis | other|undecided
aGVHD | Graft Versus Host Disease | same
GvHD | Graft Versus Host Disease | same
Hereditary angioedema | Angioedema | undecided
Down syndrome | Turner Syndrome | other
Obesity and type 2 diabetes | Obesity; Type 2 Diabetes | same
Obesity and type 2 diabetes | Obesity | undecided
Obesity; hypertension | Hypertension | same
Obesity, asthma | Asthma | undecided
Gout | Stroke; Psoriasis | other
Sepsis | Septic Shock | undecided
Cancer | Breast Cancer | undecided|same
Solid tumours | Breast Cancer | undecided
Healthy volunteers | Breast Cancer | undecided
Pain | Osteoarthritis, Knee | undecided
Peanut allergy | Peanut Hypersensitivity | same|undecided
Milk allergy | Egg Allergy | other|undecided
"""

# printed | the lead sponsor in the registry | allowed verdicts
SPONSORS = """
Washington University | University of Washington | other|undecided
Washington University in St. Louis | Washington University School of Medicine | same
Univ of Washington | University of Washington | same
Boston Medical Center | Boston University | undecided|other
Boston Univ. | Boston University | same
Boston College | Boston University | undecided|other
University Hospital Heidelberg | Heidelberg University | undecided|other
Heidelberg University Hospital | University Hospital Heidelberg | same
CHU Bordeaux | University Hospital, Bordeaux | same|undecided
Bordeaux University Hospital | University Hospital, Bordeaux | same
University Hospital, Brest | University Hospital, Tours | other|undecided
Miami University | University of Miami | undecided|other
York University | University of York | undecided|other
University of Newcastle, Australia | Newcastle University | undecided|other
Indiana University | University of Indianapolis | undecided|other
Pennsylvania State University | University of Pennsylvania | other|undecided
Penn State | University of Pennsylvania | other|undecided
Michigan State University | University of Michigan | undecided|other
Ohio State University | Ohio University | undecided|other
Texas A&M University | University of Texas | undecided|other
University of Texas Southwestern | University of Texas Southwestern Medical Center | same|undecided
UT Southwestern | University of Texas Southwestern Medical Center | same
University of Texas | University of Texas Southwestern Medical Center | undecided
MD Anderson Cancer Center | M.D. Anderson Cancer Center | same
MD Anderson | M.D. Anderson Cancer Center | same
University of California, San Diego | University of California, San Francisco | other
University of California | University of California, Davis | undecided
UCSD | University of California, San Diego | same
UCSF | University of California, San Diego | other
UC Davis | University of California, Davis | same
University of Maryland | University of Maryland, Baltimore | undecided
University of Oxford | University of Cambridge | other
Oxford University | University of Oxford | same
Aarhus University | University of Aarhus | same
Aarhus University Hospital | University of Aarhus | undecided|other
University of Copenhagen | Københavns Universitet | same|undecided
Universität Zürich | University of Zurich | same
Universitaet Wuerzburg | University of Wuerzburg | same|undecided
University of Würzburg | University of Wuerzburg | same
University of Cologne | University of Köln | same
LMU Munich | Ludwig-Maximilians - University of Munich | same
Technical University of Munich | Ludwig-Maximilians - University of Munich | undecided|other
Charité - Universitätsmedizin Berlin | Charite University, Berlin, Germany | same
Freie Universität Berlin | Charite University, Berlin, Germany | undecided|other
Hannover Medical School | Medical University of Vienna | undecided|other
Medical University Vienna | Medical University of Vienna | same
Karolinska University Hospital | Karolinska Institutet | undecided|other
Assistance Publique-Hôpitaux de Paris | Assistance Publique - Hôpitaux de Paris | same
Assistance publique hopitaux de Paris | Assistance Publique - Hôpitaux de Paris | same
AP-HP | Assistance Publique Hopitaux De Marseille | other
AP-HM | Assistance Publique Hopitaux De Marseille | same
INSERM | Institut National de la Santé Et de la Recherche Médicale, France | same
Hospices Civils de Lyon | Hospices Civils de Lyon | same
CHU de Lyon | Hospices Civils de Lyon | undecided|other
National Cancer Institute | National Cancer Institute (NCI) | same
NCI | National Cancer Institute (NCI) | same
National Cancer Institute, Egypt | National Cancer Institute (NCI) | undecided|other
National Cancer Institute | National Cancer Institute, Egypt | undecided
National Cancer Center, Japan | National Cancer Centre, Singapore | undecided|other
National Heart Institute | National Heart, Lung, and Blood Institute (NHLBI) | undecided
NHLBI | National Heart, Lung, and Blood Institute (NHLBI) | same
NIAID | National Institute of Allergy and Infectious Diseases (NIAID) | same
NIH | National Institute of Mental Health (NIMH) | undecided|other
Institute of Cancer Research | Cancer Research Institute | undecided|other
Mayo Clinic | The Cleveland Clinic | undecided|other
Cleveland Clinic | The Cleveland Clinic | same
Cleveland Clinic | University Hospitals Cleveland Medical Center | undecided|other
Mount Sinai Hospital | Mount Sinai Hospital, Canada | undecided
Queen's University, Belfast | Queen's University | undecided
Queen Mary University of London | Imperial College London | undecided|other
King's College London | King’s College London | same
Kings College London | King's College London | same
University College London | University College, London | same
UCL | University College, London | same
St George's, University of London | University of London | undecided
Guy's and St. Thomas' NHS Foundation Trust | Guy's and St Thomas' NHS Foundation Trust | same
Saint Francis Hospital | St. Francis Hospital, New York | undecided
Seoul National University Hospital | Seoul National University Bundang Hospital | undecided
Seoul National University | Seoul National University Hospital | undecided
Peking University | Peking Union Medical College Hospital | undecided|other
Peking University Third Hospital | Peking University First Hospital | undecided|other
First Affiliated Hospital, Sun Yat-Sen University | Sixth Affiliated Hospital, Sun Yat-sen University | undecided|other
Fuda Cancer Hospital | Fuda Cancer Hospital, Guangzhou | same
Shanghai General Hospital, China | Shanghai General Hospital | same
Shanghai Hospital | Shanghai General Hospital | undecided
Tehran University of Medical Sciences | Iran University of Medical Sciences | other|undecided
Shahid Beheshti University of Medical Sciences | Shahid Sadoughi University of Medical Sciences | other
Mashhad Univ. Med. Sci. | Mashhad University of Medical Sciences | same
All India Institute of Medical Sciences, New Delhi | All India Institute of Medical Sciences | same|undecided
Cairo University | Ain Shams University | undecided|other
University of Sao Paulo | Federal University of São Paulo | undecided|other
Universidade de São Paulo | University of Sao Paulo | same
Hospital Clínic de Barcelona | Hospital Clinic of Barcelona | same
Rigshospitalet | Rigshospitalet, Denmark | same
Ospedale San Raffaele | IRCCS Ospedale San Raffaele | same
GSK | GlaxoSmithKline | same
Glaxo-Smith-Kline | GlaxoSmithKline | same
GSK | Pfizer | other
MSD | Merck Sharp & Dohme LLC | same
Merck Sharp & Dohme Corp. | Merck Sharp & Dohme LLC | same
Merck | Merck Sharp & Dohme LLC | undecided|same
Merck KGaA | Merck Sharp & Dohme LLC | other
Merck | Merck KGaA, Darmstadt, Germany | undecided|same
Lilly | Eli Lilly and Company | same
Eli Lilly & Co. | Eli Lilly and Company | same
Novo Nordisk | Novo Nordisk A/S | same
Novo Nordisk | Novartis | other
Novartis Pharma AG | Novartis Pharmaceuticals | same
Novartis Vaccines | Novartis Pharmaceuticals | undecided
Roche | Hoffmann-La Roche | same
F. Hoffmann-La Roche Ltd. | Hoffmann-La Roche | same
Roche | Genentech, Inc. | undecided
Genentech | Novartis | other
Bayer AG | Bayer | same
Bayer | BASF | undecided|other
AstraZeneca AB | AstraZeneca | same
Sanofi Pasteur | Sanofi | undecided|same
Sanofi-Aventis | Sanofi | same
Genzyme | Genzyme, a Sanofi Company | same
Takeda Pharmaceutical Company Limited | Takeda | same
Millennium | Takeda | undecided
Gilead | Gilead Sciences | same
Kite Pharma | Gilead Sciences | undecided
Amgen Inc | Amgen | same
Amgen | Biogen | other
Biogen Idec | Biogen | same
Boehringer-Ingelheim GmbH | Boehringer Ingelheim | same
Bristol-Myers-Squibb | Bristol-Myers Squibb | same
BMS | Bristol-Myers Squibb | same
J&J | Janssen Research & Development, LLC | undecided|same
Janssen-Cilag | Janssen Research & Development, LLC | undecided
AbbVie Inc. | AbbVie (prior sponsor, Abbott) | same
Abbott | AbbVie | undecided
Abbott Vascular | Abbott Medical Devices | undecided
Medtronic | Medtronic Cardiac Rhythm and Heart Failure | undecided
Pfizer Inc | Pfizer | same
Pfizer | Wyeth is now a wholly owned subsidiary of Pfizer | undecided
Pfizer | University of Pittsburgh | other
Teva Pharmaceuticals | Teva Branded Pharmaceutical Products R&D, Inc. | undecided|same
BioNTech SE | BioNTech | same
Moderna | ModernaTX, Inc. | same
Mesoblast Ltd | Mesoblast, Inc. | same
Mesoblast | BioMarin Pharmaceutical | undecided|other
Winston Laboratories, Inc. | Winston Laboratories | same
Zealand Pharma A/S | Zealand University Hospital | undecided|other
Alpha Therapeutics | Alpha Pharma | undecided|other
Boston Scientific | Boston Scientific Corporation | same
Boston Scientific | Boston Medical Center | undecided|other
Johnson | Johnson & Johnson | undecided
Pfizer|BioNTech | Pfizer | same
BioNTech SE|Pfizer | Pfizer | other
BioNTech; Pfizer | Pfizer | undecided|same
Mayo Clinic|National Cancer Institute (NCI) | Mayo Clinic | same
National Cancer Institute (NCI)|Mayo Clinic | Mayo Clinic | undecided|other
Dr. John Smith | John Smith, MD | undecided|same
Jordan Feld | University Health Network, Toronto | undecided|other
"""

# printed | the acronym in the registry | allowed verdicts
ACRONYMS = """
STAR | STAR 2 | other
STAR-2 | STAR 2 | same
STAR II | STAR-2 | same
STAR 1 | STAR 2 | other
STAR | STAR 1 | undecided
COVIDENCE | COVIDENCE UK | undecided|other
The RECOVERY trial | RECOVERY | same
RECOVERY | RECOVER | undecided
DAPA-HF | DAPA HF | same
DAPA-HF | DAPA-CKD | undecided|other
EMPEROR-Reduced | EMPEROR-Preserved | undecided|other
KEYNOTE-189 | KEYNOTE-024 | other
KEYNOTE 189 | KEYNOTE-189 | same
KN-189 | KEYNOTE-189 | undecided
IMpower 150 | IMpower150 | same
“SPRINT” | SPRINT | same
sprint | SPRINT | same
PARADIGM | PARAGON | other|undecided
ABC | XYZ | other
"""

# printed | brief title | acronym | allowed verdicts
TITLES = """
Aspirin in Colorectal Cancer (ASCOLT) | Aspirin in Colorectal Cancer | ASCOLT | same
ASCOLT: Aspirin in Colorectal Cancer | Aspirin in Colorectal Cancer | ASCOLT | same
ASCOLT – Aspirin in colorectal cancer | Aspirin in Colorectal Cancer | ASCOLT | same
Aspirin in Colorectal Cancer | Aspirin in Colorectal Cancer (ASCOLT) | ASCOLT | same
Aspirin in Breast Cancer (ASCOLT) | Aspirin in Colorectal Cancer | ASCOLT | other
ASCOLT | Aspirin in Colorectal Cancer | ASCOLT | undecided|other
A randomised trial of aspirin in colorectal tumours | A Randomized Trial of Aspirin in Colorectal Tumors | | same
Aspirin & Statins in Colorectal Cancer | Aspirin and Statins in Colorectal Cancer | | same
Aspirin &amp; Statins in Colorectal Cancer | Aspirin & Statins in Colorectal Cancer | | same
Aspirin and Statins in Colorectal… | Aspirin and Statins in Colorectal Cancer | | same
Aspirin and Statins in Col... | Aspirin and Statins in Colorectal Cancer | | same
Aspirin and Steroids in Col... | Aspirin and Statins in Colorectal Cancer | | other
Asp… | Aspirin and Statins in Colorectal Cancer | | undecided
NCT01234567: Aspirin in Colorectal Cancer | Aspirin in Colorectal Cancer | | same
Aspirin in Colorectal Cancer (NCT01234567) | Aspirin in Colorectal Cancer | | same
Aspirin in Colorectal Cancer | Aspirin in Colorectal Cancer: A Phase III Trial | | undecided
Phase III Study of Aspirin | Phase 3 Study of Aspirin | | same
Phase II Study of Aspirin | Phase 3 Study of Aspirin | | other
Effect of Vitamin D on Bone | Effect of Vitamin C on Bone | | other
Étude de l’aspirine | Etude de l'aspirine | | same
"""
# fmt: on


def _pairs(table: str, field: str, parted: int) -> list:
    lines = [line.rsplit(" | ", parted) for line in table.strip().splitlines()]
    return [
        pytest.param(field, *line[:2], line[2:], id=f"{field}: {line[0]} / {line[1]}")
        for line in lines
    ]


def _verdict(field: str, printed: str, trial: Trial) -> str:
    claim = RULES[field].read(Cell(printed, (field,)))
    assert isinstance(claim, Claim)
    agrees = RULES[field].agrees(claim.value, trial[field], trial)
    return {True: SAME, False: OTHER, None: UNDECIDED}[agrees]


PAIRS = [
    *_pairs(CONDITIONS, "conditions", 2),
    *_pairs(SPONSORS, "lead_sponsor", 2),
    *_pairs(ACRONYMS, "acronym", 2),
    *_pairs(TITLES.replace("| |", "|  |"), "brief_title", 3),
]


@pytest.mark.parametrize(("field", "printed", "registered", "acronym_and_verdicts"), PAIRS)
def test_two_names_are_the_same_or_other_only_where_that_is_known(
    field: str, printed: str, registered: str, acronym_and_verdicts: list[str]
) -> None:
    *further, allowed = acronym_and_verdicts
    fact = tuple(registered.split("; ")) if field == "conditions" else registered
    facts = {field: fact, **({"acronym": further[0]} if further else {})}
    assert _verdict(field, printed, Trial("NCT01234567", facts)) in allowed.split("|")


def test_most_pairs_that_a_person_decides_at_once_are_decided() -> None:
    decided = [pair for pair in PAIRS if UNDECIDED not in pair.values[3][-1]]
    assert len(PAIRS) > 350 and len(decided) > 180
