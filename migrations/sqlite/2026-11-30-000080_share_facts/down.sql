ALTER TABLE share_meetings DROP COLUMN known_death;
DROP INDEX share_proposals_status;
DROP TRIGGER share_events_are_never_changed;
UPDATE share_events SET reason = ground || ': ' || reason WHERE ground IS NOT NULL;
CREATE TRIGGER share_events_are_never_changed BEFORE UPDATE ON share_events
BEGIN SELECT RAISE(ABORT, 'an event of the register is never changed'); END;
ALTER TABLE share_events DROP COLUMN is_interest;
ALTER TABLE share_events DROP COLUMN ground;
DROP TABLE share_held_letters;
DROP TABLE share_absences;
DROP TABLE share_estates;
DROP INDEX share_deaths_once;
-- Where two of the joint holders died, an older program knows of the first.
UPDATE share_deaths SET taken_back_at = recorded_at WHERE taken_back_at IS NULL AND id > (
    SELECT MIN(first.id) FROM share_deaths AS first WHERE first.holder_id = share_deaths.holder_id AND first.taken_back_at IS NULL
);
ALTER TABLE share_deaths DROP COLUMN person;
CREATE UNIQUE INDEX share_deaths_once ON share_deaths (holder_id) WHERE taken_back_at IS NULL;
