-- A trigger wrote the search index after each new row.

drop trigger if exists rows_search_new;
