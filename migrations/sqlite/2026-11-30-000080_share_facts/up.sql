-- Facts of the register that were read back from sentences, and what follows from a death or from a letter that comes
-- back: who writes for the estate, which address is none any more, which letters wait for either.

-- Which of joint holders died; empty where the member is one person, or where an older program did not ask.
ALTER TABLE share_deaths ADD COLUMN person TEXT NOT NULL DEFAULT '';
DROP INDEX share_deaths_once;
CREATE UNIQUE INDEX share_deaths_once ON share_deaths (holder_id, person) WHERE taken_back_at IS NULL;

-- Who has the word for a member who died: their letters go there.
CREATE TABLE share_estates (
    id INTEGER PRIMARY KEY NOT NULL,
    holder_id BIGINT NOT NULL REFERENCES holders (id),
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    email TEXT,
    from_on DATE NOT NULL,
    proof TEXT NOT NULL,
    taken_back_at TIMESTAMP,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL
);

CREATE INDEX share_estates_holder ON share_estates (holder_id, id);

-- An address at which a member is gone away: it counts while the register has this address.
CREATE TABLE share_absences (
    id INTEGER PRIMARY KEY NOT NULL,
    holder_id BIGINT NOT NULL REFERENCES holders (id),
    since_on DATE NOT NULL,
    address TEXT NOT NULL,
    reason TEXT NOT NULL,
    taken_back_at TIMESTAMP,
    recorded_at TIMESTAMP NOT NULL,
    recorded_by TEXT NOT NULL
);

CREATE INDEX share_absences_holder ON share_absences (holder_id, id);

-- Letters that are held back: what each would tell, and to whom. The row goes when the letter is written after all.
CREATE TABLE share_held_letters (
    id INTEGER PRIMARY KEY NOT NULL,
    holder_id BIGINT NOT NULL REFERENCES holders (id),
    kind TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    event_id BIGINT,
    held_at TIMESTAMP NOT NULL
);

CREATE INDEX share_held_letters_holder ON share_held_letters (holder_id, id);

-- On which ground shares passed on, and whether an allotment is interest that was added to the holding: until now the
-- beginning of the reason.
DROP TRIGGER share_events_are_never_changed;
ALTER TABLE share_events ADD COLUMN ground TEXT CHECK (ground IN ('nomination', 'small_estate', 'grant', 'bankruptcy', 'survivor'));
ALTER TABLE share_events ADD COLUMN is_interest BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE share_events SET ground = 'nomination', reason = substr(reason, 13) WHERE kind = 'transmission' AND substr(reason, 1, 12) = 'nomination: ';
UPDATE share_events SET ground = 'small_estate', reason = substr(reason, 15) WHERE kind = 'transmission' AND substr(reason, 1, 14) = 'small_estate: ';
UPDATE share_events SET ground = 'grant', reason = substr(reason, 8) WHERE kind = 'transmission' AND substr(reason, 1, 7) = 'grant: ';
UPDATE share_events SET ground = 'bankruptcy', reason = substr(reason, 13) WHERE kind = 'transmission' AND substr(reason, 1, 12) = 'bankruptcy: ';
UPDATE share_events SET ground = 'survivor', reason = substr(reason, 11) WHERE kind = 'transmission' AND substr(reason, 1, 10) = 'survivor: ';
UPDATE share_events SET is_interest = TRUE WHERE kind = 'allotment' AND substr(reason, 1, 15) = 'interest until ';
CREATE TRIGGER share_events_are_never_changed BEFORE UPDATE ON share_events
BEGIN SELECT RAISE(ABORT, 'an event of the register is never changed'); END;

-- Every proposal that waits is found by what it is about.
CREATE INDEX share_proposals_status ON share_proposals (status, id);

-- The last death that was known when the roll of a meeting was fixed. A roll of before stays as it was printed, and says
-- who of it died.
ALTER TABLE share_meetings ADD COLUMN known_death BIGINT NOT NULL DEFAULT 0;
