-- Marks the file as a database of enrich: "enrc" in ASCII
-- (https://sqlite.org/pragma.html#pragma_application_id).

pragma application_id = 1701737059;
