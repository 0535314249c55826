-- The description of each table as one JSON object, so that a new key of it needs no new column.

alter table tables add column description text;
update tables set description = json_object(
  'file', file, 'id_column', id_column, 'title', title, 'published', published,
  'citation', citation, 'doi', doi, 'url', url, 'licence', licence,
  'columns', (
    select json_group_array(json_object('name', key, 'says', json(value))) from json_each(says)),
  'news_rules', json(coalesce(notify, '{}'))
);
