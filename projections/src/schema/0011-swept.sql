-- The moment by which ages were counted last: the next sweep takes one that is not far from it.
CREATE TABLE swept (at timestamptz NOT NULL);
