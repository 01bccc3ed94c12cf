/**
 * A queue as the first schema left it: written by the version before migration 2, in the middle of its work. A task in every
 * state, named by its idempotency key; the worker `second` was killed while it ran one task and held another.
 *
 * Never edit it: what was released is what upgrades meet.
 */
export const MIGRATION_1 = `
CREATE TABLE migration (version INTEGER PRIMARY KEY) STRICT;
INSERT INTO migration (version) VALUES (1);
CREATE TABLE task (
    seq INTEGER PRIMARY KEY,
    status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 5),
    place INTEGER CHECK (place BETWEEN 0 AND 3),
    priority INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    random INTEGER NOT NULL,
    attempt INTEGER NOT NULL CHECK (attempt BETWEEN 0 AND max_attempts),
    max_attempts INTEGER NOT NULL,
    strikes INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 1,
    lease INTEGER,
    holder INTEGER,
    lock_at INTEGER,
    started_at INTEGER,
    deadline INTEGER,
    past_lease INTEGER,
    past_event TEXT,
    past_status INTEGER,
    done_at INTEGER,
    timeout_ms INTEGER,
    backoff TEXT,
    idem_key TEXT,
    idem_until TEXT,
    freed INTEGER,
    group_key TEXT,
    codec TEXT,
    progress TEXT,
    meta TEXT,
    runs TEXT,
    result TEXT,
    args TEXT NOT NULL,
    CHECK ((status IN (1, 2)) = (lease IS NOT NULL)),
    CHECK ((status IN (0, 4)) = (place IS NOT NULL AND place < 3)),
    CHECK (place IS NULL OR place < 3 OR lease IS NOT NULL),
    CHECK ((status IN (3, 5)) = (done_at IS NOT NULL))
  ) STRICT;
INSERT INTO task (seq, status, priority, run_at, created_at, random, attempt, max_attempts, strikes, revision, past_lease, past_event, past_status, done_at, idem_key, idem_until, freed, progress, runs, result, args) VALUES (1, 3, 0, 1793491201000, 1793491201000, 400354649, 1, 4, 0, 3, 3994406657176747, 'ack', 3, 1793491201000, 'done', 'gone', 0, '{"percent":50}', '[{"attempt":1,"worker":"first","startedAt":1793491201000,"endedAt":1793491201000,"outcome":"done","logs":["INFO to done"]}]', '{"ok":"sent to done"}', '{"to":"done"}');
INSERT INTO task (seq, status, priority, run_at, created_at, random, attempt, max_attempts, strikes, revision, past_lease, past_event, past_status, done_at, idem_key, idem_until, freed, group_key, progress, runs, result, args) VALUES (2, 3, 0, 1793491201000, 1793491201000, 612336371, 1, 4, 0, 3, 2147557966156125, 'ack', 3, 1793491201000, 'freed', 'terminal', 1, 'g', '{"percent":50}', '[{"attempt":1,"worker":"first","startedAt":1793491201000,"endedAt":1793491201000,"outcome":"done","logs":["INFO to freed"]}]', '{"ok":"sent to freed"}', '{"to":"freed"}');
INSERT INTO task (seq, status, priority, run_at, created_at, random, attempt, max_attempts, strikes, revision, past_lease, past_event, past_status, done_at, idem_key, idem_until, freed, group_key, progress, meta, runs, result, args) VALUES (3, 5, 0, 1793491201000, 1793491201000, 496012017, 1, 4, 0, 3, 3836280589438331, 'ack', 5, 1793491201000, 'killed', 'gone', 0, 'g', '{"percent":50}', '{"from":"shop"}', '[{"attempt":1,"worker":"first","startedAt":1793491201000,"endedAt":1793491201000,"outcome":"killed","error":"no such address","logs":["INFO to killed"]}]', '{"err":"no such address"}', '{"to":"killed"}');
INSERT INTO task (seq, status, place, priority, run_at, created_at, random, attempt, max_attempts, strikes, revision, past_lease, past_event, past_status, backoff, idem_key, idem_until, freed, progress, runs, result, args) VALUES (4, 4, 0, 0, 1793494801000, 1793491201000, 509189839, 1, 3, 0, 3, 2307050554294449, 'ack', 4, '{"type":"exponential","baseMs":3600000,"factor":2,"maxMs":3600000,"jitter":0}', 'failed', 'gone', 0, '{"percent":50}', '[{"attempt":1,"worker":"first","startedAt":1793491201000,"endedAt":1793491201000,"outcome":"failed","error":"the mail server did not answer","logs":["INFO to failed"]}]', '{"err":"the mail server did not answer"}', '{"to":"failed"}');
INSERT INTO task (seq, status, place, priority, run_at, created_at, random, attempt, max_attempts, strikes, revision, lease, holder, lock_at, started_at, deadline, timeout_ms, idem_key, idem_until, freed, args) VALUES (5, 2, 3, 9, 1793491208000, 1793491208000, 1064737744, 1, 4, 0, 3, 691455946690599, 2, 1793491208000, 1793491208000, 1793491808000, 600000, 'running', 'gone', 0, '{"to":"running"}');
INSERT INTO task (seq, status, place, priority, run_at, created_at, random, attempt, max_attempts, strikes, revision, lease, holder, lock_at, idem_key, idem_until, freed, args) VALUES (6, 1, 3, 8, 1793491208000, 1793491208000, 26208068, 0, 4, 0, 2, 691455946690599, 2, 1793491208000, 'queued', 'gone', 0, '{"to":"queued"}');
INSERT INTO task (seq, status, place, priority, run_at, created_at, random, attempt, max_attempts, strikes, revision, idem_key, idem_until, freed, args) VALUES (7, 0, 2, 0, 1793491210000, 1793491210000, 1014486520, 0, 4, 0, 1, 'pending', 'gone', 0, '{"to":"pending"}');
INSERT INTO task (seq, status, place, priority, run_at, created_at, random, attempt, max_attempts, strikes, revision, idem_key, idem_until, freed, args) VALUES (8, 0, 0, 0, 1793498410000, 1793491210000, 757952414, 0, 4, 0, 1, 'due later', 'gone', 0, '{"to":"due later"}');
INSERT INTO task (seq, status, place, priority, run_at, created_at, random, attempt, max_attempts, strikes, revision, idem_key, idem_until, freed, args) VALUES (9, 0, 1, 5, 1793491210000, 1793491210000, 968153541, 0, 4, 0, 1, 'urgent', 'gone', 0, '{"to":"urgent"}');
CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    secret TEXT NOT NULL,
    worker TEXT NOT NULL,
    superseded INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER NOT NULL,
    heard_at INTEGER NOT NULL,
    missing_at INTEGER,
    layers TEXT NOT NULL,
    info TEXT
  ) STRICT;
INSERT INTO session (id, secret, worker, superseded, started_at, heard_at, layers) VALUES (2, 'epp42plf5jtctrapv5u01mfh8k', 'second', 0, 1793491208000, 1793491208000, '[]');
CREATE TABLE state (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO state (name, body) VALUES ('config', '{"paused":false,"orphanAfterMs":60000,"retention":{"doneMs":86400000,"killedMs":1209600000},"defaults":{"priority":0,"maxAttempts":4,"backoff":{"type":"exponential","baseMs":1000,"factor":2,"maxMs":3600000,"jitter":0.1},"timeoutMs":null},"revision":1}');
INSERT INTO state (name, body) VALUES ('queue', '"emails"');
INSERT INTO state (name, body) VALUES ('tally', '{"counts":{"Pending":3,"Queued":1,"Running":1,"Done":2,"Failed":1,"Killed":1},"nextSeq":10,"nextSession":3,"lineFrom":7,"lineRunAt":1793491210000,"leasedFrom":1,"leasedTo":5,"lastMs":1793491210000,"recent":[{"slot":179349120,"pushed":6,"done":2,"failed":1,"killed":1},{"slot":179349121,"pushed":3,"done":0,"failed":0,"killed":0}],"days":[{"day":20758,"pushed":9}],"waits":[6,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"runs":[4,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"meters":{"pushed":9,"claimed":6,"retried":0,"done":2,"failed":1,"killed":1,"orphaned":0,"timedOut":0,"ended":4,"waitedMs":0,"ranMs":0},"minute":null,"rowsWritten":0,"alarmsSet":0,"commits":0,"retentionAt":1793577601000,"retentionCursor":0,"retentionNext":null,"vacuumCursor":0,"vacuumOrder":"","reportedAt":0,"reportAt":null}');
CREATE INDEX task_ready ON task (priority DESC, run_at) WHERE place = 1;
CREATE INDEX task_scheduled ON task (run_at) WHERE place = 0;
CREATE INDEX task_leased ON task (holder) WHERE place = 3;
CREATE INDEX task_unhappy ON task (status) WHERE status IN (4, 5);
CREATE INDEX task_key ON task (idem_key, freed) WHERE idem_key IS NOT NULL;
CREATE UNIQUE INDEX session_worker ON session (worker) WHERE superseded = 0;
`;

/** The clock when it was killed, ms since the epoch. */
export const LEFT_AT = 1_793_491_212_000;

/** The lease that `running` was run under. */
export const RUNNING_LEASE = "6t3mh5snqf.5";
