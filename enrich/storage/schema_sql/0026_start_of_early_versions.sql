-- The start date by which the version at the start was chosen; it is read again when that moves.

alter table early_versions add column start text; -- null: not noted
