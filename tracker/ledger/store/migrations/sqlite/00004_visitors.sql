-- The visitors of a day as sets, SQLite. See SCHEMA.md.

-- +goose Up
-- A row for each visitor in the order of their digests, which are random numbers, made
-- every group of clicks change nearly every page of the table.
CREATE TABLE visitors (
    day     INTEGER NOT NULL,
    part    INTEGER NOT NULL,
    recent  INTEGER NOT NULL,
    digests BLOB    NOT NULL,
    UNIQUE (day, part, recent)
);
INSERT INTO visitors (day, part, recent, digests)
SELECT day, visitor >> 56, 0, unhex(group_concat(printf('%016x', visitor), ''))
FROM (SELECT day, visitor FROM uniques ORDER BY day, visitor) GROUP BY day, visitor >> 56;
DROP TABLE uniques;
