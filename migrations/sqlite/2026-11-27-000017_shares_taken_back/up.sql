-- What the register takes back besides: inspections, and interest with the shares that were added for it.
ALTER TABLE share_inspections ADD COLUMN taken_back_at TIMESTAMP;
ALTER TABLE share_interest_runs ADD COLUMN taken_back_at TIMESTAMP;
-- The event by which the shares were added.
ALTER TABLE share_interest_lines ADD COLUMN event BIGINT;
UPDATE share_interest_lines SET event = (
    SELECT MAX(done.number)
    FROM share_events AS done
    JOIN share_lines AS line ON line.event = done.number
    JOIN share_interest_runs AS run ON run.id = share_interest_lines.run_id
    WHERE line.holder_id = share_interest_lines.holder_id AND line.class_id = run.class_id AND done.kind = 'allotment'
        AND done.reason = 'interest until ' || CAST(run.until_on AS TEXT) || ', added to the holding'
) WHERE shares > 0;

-- Money of an application that had gone back and had not after all: the entry of the return that never was.
UPDATE share_payments SET takes_back = (SELECT corrects FROM entries WHERE entries.number = share_payments.entry)
WHERE takes_back IS NULL AND entry IN (
    SELECT number FROM entries WHERE kind = 'share-reversal' AND corrects IN (SELECT entry FROM share_payments)
);

-- What was done before the book of notes knew of it.
INSERT INTO share_notes (number, kind, holder_id, row_id, effective_on, reason, minute, entry, recorded_at, recorded_by, request_id)
SELECT (SELECT COALESCE(MAX(number), 0) FROM share_notes) + row_number() OVER (ORDER BY recorded_at, kind, row_id), kind, NULL,
    row_id, effective_on, '', minute, entry, recorded_at, recorded_by, ''
FROM (
    SELECT 'inspection' AS kind, id AS row_id, inspected_on AS effective_on, '' AS minute, CAST(NULL AS BIGINT) AS entry, recorded_at, recorded_by FROM share_inspections
    UNION ALL SELECT 'interest', id, declared_on, minute, entry, recorded_at, recorded_by FROM share_interest_runs
    UNION ALL SELECT 'interest_paid', id, paid_on, minute, paid_entry, recorded_at, recorded_by FROM share_interest_runs WHERE paid_on IS NOT NULL
) AS done
WHERE NOT EXISTS (SELECT 1 FROM share_notes AS known WHERE known.kind = done.kind AND known.row_id = done.row_id);
