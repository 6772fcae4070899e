-- The words that supporters are found by, folded to plain letters; the worker writes them.
CREATE TABLE supporter_words (
    word TEXT COLLATE "C" NOT NULL,
    supporter_id BIGINT NOT NULL REFERENCES supporters (id),
    PRIMARY KEY (supporter_id, word)
);
CREATE INDEX supporter_words_word ON supporter_words (word, supporter_id);

-- Holders are searched by folded words from now on; the program fills this in again before it serves.
UPDATE holder_particulars SET search = '';
CREATE INDEX holder_particulars_unfolded ON holder_particulars (id) WHERE search = '';
