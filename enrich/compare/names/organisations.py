"""The words and names of organisations: what `sponsors.py` compares names with.

Names of organisations are written as the registry prints them among its lead sponsors, then as the
organisations call themselves on their own pages. A word stands here once, under its English form.
"""

from typing import NamedTuple


def words_in(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- words that say what an organisation is, and not which

LEGAL_FORMS = words_in(
    """
    inc incorporated incorporation ltd limited ltda gmbh llc llp lp co company corp
    corporation ag plc sa sas sasu srl spa bv nv as aps ab oy oyj kg kk pty pvt sl slu sro doo
    kft zrt sarl tic san eirl cv irccs
    """
)
LINKING_WORDS = words_in(
    """
    of the and at in for to de la le les du des da do dos di del della dello degli der die das
    den y e et et und fur van von im il el los las an d l s en
    """
)
# What a company does, behind its name.
TRADE = words_in(
    """
    pharma research development laboratories biopharma healthcare international global group
    holding holdings
    """
)
INSTITUTION = words_in(
    """
    university hospital center institute college school clinic foundation academy faculty
    ministry trust authority council
    """
)
# Words that several organisations share; a name of these alone does not say which it is.
COMMON = (
    INSTITUTION
    | TRADE
    | words_in(
        """
    medical medicine sciences health national general central regional state federal royal
    republic first second third fourth fifth sixth affiliated teaching memorial city county
    people women woman children child s mental heart cancer oncology cardiology cardiovascular
    pediatric eye ear nose throat blood lung brain kidney diabetes allergy surgery dental
    cardiac spine respiratory infectious diseases disease technology education training
    clinical studies study biomedical biotech bio therapeutics sciences society association
    department service services system systems network organization organisation agency saint
    mary joseph john james paul peter george luke francis vincent thomas michael anne mount
    sinai queen king prince princess holy cross mercy good samaritan trinity union catholic
    christian military army navy veterans affairs red new north south east west northern
    southern eastern western northwest southwest northeast southeast american european
    international central hospices public private civil community integrated traditional
    chinese mother maternity rehabilitation neurology psychiatry orthopedic orthopaedic
    emergency family primary care applied advanced
    """
    )
)
# One spelling of each word: abbreviations, other languages, English plurals; then cities.
_SPELLINGS = """
university: univ uni u universitaet universitat universitet universitetet universiteit
university: universite universidad universidade universita universitaria universitario
university: universitaire universitaires universitesi universities universitair univerzita
university: uniwersytet
hospital: hosp hospitals hopital hopitaux hospitalier hospitaliers hospitalar ospedale
hospital: ospedaliero ospedaliera ziekenhuis ziekenhuizen klinikum krankenhaus sygehus
hospital: sjukhus sjukhuset sykehus hastanesi spital nemocnice
center: centre centro centrum zentrum ctr cent cen centers centres
institute: inst institut instituto istituto institutet instituut institutes
medical: med medic medico medica medisch medizinische medyczny
sciences: sci science
medicine: medicina medecine medizin
clinic: clinica clinique clinico klinik clin clinics
foundation: fdn found fondation fundacion fundacao fundacio fondazione stiftung stichting
national: natl nat nacional nazionale
college: coll colleges
school: sch schools
research: res
department: dept dep
health: hlth sante salud saude
technology: tech technologies technol
saint: st sankt
pharma: pharmaceutical pharmaceuticals pharmaceutica pharmaceuticas pharms pharm farma
pharma: farmaceutica farmaceuticos
laboratories: laboratory laboratorio laboratorios laboratoires laboratoire labs lab
biopharma: biopharmaceutical biopharmaceuticals
development: dev
affiliated: affil
international: intl int
cologne: koln
munich: munchen muenchen
vienna: wien
rome: roma
milan: milano
naples: napoli
turin: torino
florence: firenze
venice: venezia
padua: padova
geneva: geneve genf
bern: berne
basel: basle
prague: praha
warsaw: warszawa
lisbon: lisboa
copenhagen: kobenhavn kobenhavns
gothenburg: goteborg goteborgs
brussels: bruxelles brussel
antwerp: antwerpen anvers
ghent: gent gand
liege: luik luttich
leuven: louvain
athens: athina
moscow: moskva
kyiv: kiev
seville: sevilla
aarhus: arhus
hanover: hannover
nuremberg: nurnberg
brunswick: braunschweig
beijing: peking
mumbai: bombay
kolkata: calcutta
chennai: madras
krakow: cracow
"""
SPELLINGS = {
    spelling: word
    for line in _SPELLINGS.strip().splitlines()
    for word, _, spellings in [line.partition(":")]
    for spelling in spellings.split()
}
_COUNTRIES = """
argentina | australia | austria | bangladesh | belgium | brazil | bulgaria | canada | chile |
china | colombia | croatia | cyprus | czech republic | czechia | denmark | egypt | estonia |
finland | france | georgia | germany | greece | hong kong | hungary | iceland | india | indonesia
| iran | iraq | ireland | israel | italy | jamaica | japan | jordan | kazakhstan | kenya | korea |
south korea | republic korea | kuwait | latvia | lebanon | lithuania | luxembourg | malaysia |
mexico | morocco | nepal | netherlands | new zealand | nigeria | norway | oman | pakistan | peru |
philippines | poland | portugal | qatar | romania | russia | russian federation | saudi arabia |
serbia | singapore | slovakia | slovenia | south africa | spain | sri lanka | sudan | sweden |
switzerland | syria | taiwan | tanzania | thailand | tunisia | turkey | turkiye | uganda | ukraine
| united arab emirates | united kingdom | uk | england | scotland | wales | united states | usa |
us | uruguay | venezuela | vietnam | viet nam | yemen | zambia | zimbabwe
"""
COUNTRIES = frozenset(tuple(name.split()) for name in _COUNTRIES.split("|"))
# `University of X` and `X University` are one institution here; elsewhere a person must look.
EITHER_ORDER = words_in(
    """
    aarhus alexandria athens bologna cambridge copenhagen edinburgh geneva glasgow gothenburg
    helsinki jordan leipzig lisbon ljubljana lund oslo oxford tehran tokyo toronto turku
    uppsala vienna warsaw zagreb zurich
    """
)


# --- organisations with short or several names


class Organisation(NamedTuple):
    """An organisation by its names; *family* are those that belong, or belonged, together."""

    names: tuple[str, ...]
    company: bool = False
    family: str = ""


# Behind `=` the family: companies that belong or belonged together, the institutes of the NIH.
# `Merck` alone is missing: it is two companies.
_COMPANIES = """
AbbVie | Abbvie Inc = abbott
Abbott | Abbott Laboratories = abbott
Allergan = abbott
Amgen
Astellas Pharma Inc | Astellas
AstraZeneca | AZ | Astra Zeneca = astrazeneca
MedImmune LLC | MedImmune = astrazeneca
Alexion Pharmaceuticals, Inc. | Alexion = astrazeneca
Bayer | Bayer AG | Bayer HealthCare | Bayer Schering Pharma
Biogen | Biogen Idec
Boehringer Ingelheim | BI | Boehringer
Bristol-Myers Squibb | BMS = bms
Celgene = bms
Daiichi Sankyo | Daiichi-Sankyo
Eisai Inc. | Eisai
Eli Lilly and Company | Lilly | Eli Lilly
Gilead Sciences | Gilead = gilead
Kite, A Gilead Company | Kite Pharma = gilead
GlaxoSmithKline | GSK | Glaxo Smith Kline = gsk
ViiV Healthcare | ViiV = gsk
Hoffmann-La Roche | Roche | F. Hoffmann-La Roche | F Hoffmann La Roche = roche
Genentech, Inc. | Genentech = roche
Janssen Research & Development, LLC | Janssen | Janssen R&D = jnj
Johnson & Johnson | J&J | JnJ = jnj
Actelion = jnj
Merck Sharp & Dohme LLC | MSD | Merck Sharp & Dohme = merck
Organon and Co | Organon = merck
Schering-Plough = merck
Merck KGaA, Darmstadt, Germany | Merck KGaA = merckkgaa
EMD Serono | Merck Serono = merckkgaa
ModernaTX, Inc. | Moderna | Moderna Therapeutics
BioNTech SE | BioNTech
Novartis Pharmaceuticals | Novartis = novartis
Sandoz = novartis
Alcon Research | Alcon = novartis
Novo Nordisk A/S | Novo Nordisk
Otsuka Pharmaceutical Co., Ltd. | Otsuka
Pfizer = pfizer
Wyeth is now a wholly owned subsidiary of Pfizer | Wyeth = pfizer
Hospira, now a wholly owned subsidiary of Pfizer | Hospira = pfizer
Seagen Inc. | Seagen | Seattle Genetics = pfizer
Regeneron Pharmaceuticals | Regeneron
Sanofi | Sanofi-Aventis = sanofi
Sanofi Pasteur, a Sanofi Company | Sanofi Pasteur = sanofi
Genzyme, a Sanofi Company | Genzyme = sanofi
Servier | Institut de Recherches Internationales Servier
Takeda = takeda
Millennium Pharmaceuticals, Inc. | Millennium Pharmaceuticals = takeda
Shire = takeda
Teva Branded Pharmaceutical Products R&D, Inc. | Teva
UCB Pharma | UCB
Vertex Pharmaceuticals Incorporated | Vertex
"""
_INSTITUTIONS = """
Assistance Publique - Hôpitaux de Paris | AP-HP | APHP
Assistance Publique Hopitaux De Marseille | AP-HM | APHM
Hospices Civils de Lyon | HCL
Beth Israel Deaconess Medical Center | BIDMC
Brigham and Women's Hospital | BWH
Charite University, Berlin, Germany | Charité | Charité Universitätsmedizin Berlin
Children's Hospital of Philadelphia | CHOP
Dana-Farber Cancer Institute | DFCI
Duke University | Duke University Medical Center = duke
European Organisation for Research and Treatment of Cancer - EORTC | EORTC
Insel Gruppe AG, University Hospital Bern | Inselspital | University Hospital Inselspital, Berne
Institut National de la Santé Et de la Recherche Médicale, France | INSERM
Johns Hopkins University | JHU
Ludwig-Maximilians - University of Munich | LMU | LMU Munich | Ludwig Maximilians University Munich
M.D. Anderson Cancer Center | MD Anderson | University of Texas MD Anderson Cancer Center | MDACC
Massachusetts General Hospital | MGH | Mass General | Massachusetts General
Medical Research Council | MRC
Memorial Sloan Kettering Cancer Center | MSKCC | Memorial Sloan-Kettering | MSK
National Cancer Institute (NCI) | NCI = nih
National Heart, Lung, and Blood Institute (NHLBI) | NHLBI = nih
National Institute of Allergy and Infectious Diseases (NIAID) | NIAID = nih
National Institute of Diabetes and Digestive and Kidney Diseases (NIDDK) | NIDDK = nih
National Institute of Mental Health (NIMH) | NIMH = nih
National Institute of Neurological Disorders and Stroke (NINDS) | NINDS = nih
National Institutes of Health Clinical Center (CC) | NIH Clinical Center = nih
Newcastle University | University of Newcastle upon Tyne | University of Newcastle Upon-Tyne
Radiation Therapy Oncology Group | RTOG
Rigshospitalet, Denmark | Rigshospitalet | Copenhagen University Hospital Rigshospitalet
The Cleveland Clinic | Cleveland Clinic
Tel-Aviv Sourasky Medical Center | Tel Aviv Medical Center
Universitaire Ziekenhuizen KU Leuven | UZ Leuven | University Hospitals Leuven
University College, London | UCL | University College London
University Health Network, Toronto | UHN | University Health Network
University of Alabama at Birmingham | UAB
University of Birmingham
University of California, Los Angeles | UCLA | University of California at Los Angeles
University of California, San Diego | UCSD | University of California at San Diego
University of California, San Francisco | UCSF | University of California at San Francisco
University of California, Davis | UC Davis
University of California, Irvine | UC Irvine
University of North Carolina, Chapel Hill | UNC | UNC Chapel Hill
University of Pennsylvania | UPenn | U Penn | Penn
Pennsylvania State University | Penn State
University of Pittsburgh | Pitt
University of Southern California | USC
University of Texas Southwestern Medical Center | UTSW | UT Southwestern
University of Washington | UW
US Department of Veterans Affairs | VA | Veterans Affairs = va
VA Office of Research and Development = va
Washington University School of Medicine | Washington University in St. Louis | WashU
"""

ORGANISATIONS = tuple(
    Organisation(tuple(name.strip() for name in names.split("|")), company, family.strip())
    for lines, company in ((_COMPANIES, True), (_INSTITUTIONS, False))
    for line in lines.strip().splitlines()
    for names, _, family in [line.partition("=")]
)
