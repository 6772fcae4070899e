DROP TABLE statement_uploads;
DROP TABLE statement_layouts;
DROP TABLE statement_overlaps;
DROP TABLE statement_lines;
DROP TABLE statements;
