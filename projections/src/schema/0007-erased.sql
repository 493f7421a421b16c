-- How far the rows of erased messages were written anew.
INSERT INTO checkpoint VALUES ('erased', 0);
