/**
 * Every limit of Prinia, in one file, with its source.
 *
 * "contract" means docs/semantics.md or docs/protocol.md; "platform" means the runtime refuses more;
 * "choice" means ours, and the comment says what it protects.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

// Sizes, in bytes of UTF-8.

/** A request body, a socket frame, an answer of tasks. Contract. Half of it doubled still crosses RPC (32 MiB, platform). */
export const MAX_BODY_BYTES = 8 * MIB;
/** What is still read, and dropped, of a body over the limit. Choice: a client cut off while it sends sees no refusal. */
export const MAX_DRAINED_BYTES = 16 * MIB;
/** `args`, encoded. Contract; SQLite rows end at 2 MB (platform). */
export const MAX_ARGS_BYTES = MIB;
/** One line of NDJSON. Contract. */
export const MAX_LINE_BYTES = MIB;
/** `lastResult.ok`, encoded. Contract. */
export const MAX_RESULT_BYTES = 256 * KIB;
/** `lastResult.err` is cut here. Contract. */
export const MAX_ERROR_BYTES = 64 * KIB;
/** The error kept in a run is cut here. Contract. */
export const MAX_RUN_ERROR_BYTES = 4 * KIB;
/** All runs of a task, encoded. Choice: with args, a result and the rest at their largest a row stays below 2 MB (platform). */
export const MAX_RUNS_BYTES = 384 * KIB;
/** `progress`, encoded. Contract. */
export const MAX_PROGRESS_BYTES = 8 * KIB;
/** `meta`, encoded. Contract. */
export const MAX_META_BYTES = 8 * KIB;
/** `idempotencyKey`. Contract. */
export const MAX_KEY_BYTES = KIB;
/** `groupKey`. Contract. */
export const MAX_GROUP_KEY_BYTES = 255;
/** Queue and worker names. Contract. */
export const MAX_NAME_BYTES = 255;
/** `codec`, in characters. Contract. */
export const MAX_CODEC_LENGTH = 64;
/** A log line of an ack. Contract. */
export const MAX_LOG_BYTES = KIB;
/** A bearer token, in characters. Choice: what is longer is not even decoded; one for a hundred tasks has 5,500. */
export const MAX_BEARER_LENGTH = 32 * KIB;
/** The `sub` of a token in an audit line, in characters; it is cut here. Choice. */
export const MAX_SUBJECT_LENGTH = 128;
/** What a worker tells of itself when it registers, encoded. Choice: its row is read at every sweep. */
export const MAX_INFO_BYTES = 8 * KIB;
/** One bound JSON parameter. Platform: 3 MB failed with SQLITE_TOOBIG, 2.1 MB passed. */
export const MAX_PARAMETER_BYTES = 1.5 * MIB;
/** Larger args are bound alone, not inside a JSON parameter. Choice: escaping them twice costs more. */
export const MAX_INLINE_ARGS_BYTES = 64 * KIB;
/** A socket's attachment. Platform. */
export const MAX_ATTACHMENT_BYTES = 16 * KIB;

// Counts.

/** Tasks in a push, events in a request, ids in a wait, tasks in a poll. Contract. */
export const MAX_BATCH = 1000;
/** Lines of an NDJSON push that are written in one transaction. Contract. */
export const STREAM_CHUNK = 500;
/** Executions remembered in a task's row. Contract. */
export const MAX_RUNS = 20;
/** Log lines of an ack. Contract. */
export const MAX_LOGS = 50;
/** A page of a listing. Contract. */
export const MAX_PAGE = 1000;
/** A page when none is asked for. Contract. */
export const DEFAULT_PAGE = 50;
/** Tasks that one bulk verb may name or match. Contract. */
export const MAX_BULK = 10_000;
/** Ids that one socket may wait for. Contract: they must fit its attachment. */
export const MAX_WAITED_IDS = 1500;
/** Characters of a `ref`. Contract. */
export const MAX_REF_LENGTH = 64;
/** JSON nesting. Contract. */
export const MAX_DEPTH = 500;
/** Rows looked at by one slice of a listing, a vacuum or a sweep. Contract: bounds one event's work. */
export const MAX_SCANNED = 5000;
/** Due tasks promoted in one go. Contract. */
export const MAX_PROMOTED = 1000;
/** Due tasks that a claim takes from the schedule as they stand; more are promoted first. Choice: a promotion costs two rows. */
export const MAX_UNPROMOTED = 100;
/** Of the sequence, the span in which leases need no index; two for each lease more. Choice: walked at each alarm, in a millisecond. */
export const MAX_SPAN = 4096;
/** Characters of a request that does not wait for company: to gather more would take longer than it saves. Measured: about 20 pushes. */
export const ENOUGH_TO_WRITE = 2_000;
/** Turns of the event loop for which the line grows at most before it is written. Choice: some 5 ms. */
export const MAX_TURNS = 64;
/** Leased rows that an object remembers. Choice: some hundred bytes each, of an object's 128 MB. */
export const MAX_HELD_ROWS = 20_000;
/** Tasks taken by one claim, whatever the credit of all who wait. Choice: bounds one event's work. */
export const MAX_CLAIM = 1000;
/** Rows removed or changed by one slice of vacuum, purge or a bulk verb. Choice: bounds one event's work. */
export const MAX_SLICE = 1000;
/** Slices of one vacuum or bulk call before it answers `more`. Choice: 500,000 rows looked at. */
export const MAX_SLICES = 100;
/** The same where all else in the process stands still meanwhile. Choice: some 0.2 s. */
export const MAX_LOCAL_SLICES = 10;
/** Credit of one worker on one socket. Choice. */
export const MAX_CREDIT = 10_000;
/**
 * Sockets of one object, with those by which the Worker holds waits and long polls. Choice: measured at 4 KiB each, and
 * 8 KiB for a worker's, they stay below an isolate's 128 MB; hibernatable sockets end at 32,768 (platform).
 */
export const MAX_SOCKETS = 10_000;
/** Ids that all sockets of one object wait for together. Choice: 50 to 250 bytes each, they are kept in memory. */
export const MAX_AWAITED = 100_000;
/** Leases that one session holds. Choice: twice what credit allows; all are named when it comes back, in one frame. */
export const MAX_LEASES = 20_000;
/** Calls and frames that one transaction takes in. Choice: what they are to each other grows with the square of it. */
export const MAX_GROUP = 500;
/** Calls and frames that stand in line for one object's next transaction. Choice: what comes on top is refused at once. */
export const MAX_IN_LINE = 20_000;
/** What they weigh together, in characters of args and frames. Choice: the line is kept in memory, and then some. */
export const MAX_LINE_WEIGHT = 32 * MIB;
/** Orphanings from Queued, in a row, that burn an attempt. Contract. */
export const MAX_STRIKES = 5;
/** Queues that one page over all queues looks into. Choice: bounds the calls of one request. */
export const MAX_QUEUES_A_PAGE = 20;
/** Queues of one scrape. Choice: 6 to 8 KB of text each, so that a scrape takes less than a second. */
export const MAX_SCRAPED_QUEUES = 1_000;
/** Tries of a call to an object that may be repeated, the first one included. Choice. */
export const CALL_TRIES = 4;
/** Workers that a line of the log names. Choice. */
export const MAX_LOGGED_WORKERS = 10;
/** Tasks that one token for a wait may name. Choice: it must fit an address. */
export const MAX_TOKEN_TASKS = 100;
/** Sessions of which a Worker remembers when it last told all partitions that they live. Choice: 100 bytes each. */
export const MAX_REMEMBERED_BEATS = 10_000;
/** Partitions that one request asks at a time. Contract; platform: six connections of a request wait for an answer. */
export const MAX_FAN_OUT = 6;
/** Points of a queue's history. Contract. */
export const HISTORY_MINUTES = 60;
export const HISTORY_HOURS = 168;
/** Rows of the log behind a queue's feed, which is a ring. Contract: who comes back later than that is told of a gap. */
export const FEED_ROWS = 1000;
/** Changes in one of them. Choice: some 15 KB, and a push of a thousand tasks costs one row in a hundred more. */
export const FEED_CHANGES_A_ROW = 100;
/** Frames of a feed that the Worker keeps for a client that does not read. Choice: then it comes back to the log. */
export const MAX_FEED_BEHIND = 200;
/** Args of a schedule, in bytes of JSON. Choice: all that a queue has are one answer, and what ticks at once one transaction. */
export const MAX_SCHEDULE_ARGS_BYTES = 64 * KIB;
/** Schedules of one queue. Choice: each look at them reads them all, and a list of them is one answer. */
export const MAX_SCHEDULES = 100;
/** Tasks that the missed ticks of one schedule become at a time. Choice: the rest follows at once. */
export const MAX_TICKS_AT_ONCE = 100;
/** Ticks that are shown ahead. Contract. */
export const NEXT_TICKS = 5;
/** Characters of a cron expression. Choice. */
export const MAX_CRON_LENGTH = 255;
/** Highest partition number: 10 bits of the id. Contract. */
export const MAX_PARTITION = 1023;

// Durations, in milliseconds.
/** The shortest interval of a schedule. Choice: that of a cron expression with seconds. */
export const MIN_EVERY_MS = 1_000;
/** How late a tick may be and still count as told in time. Choice: an alarm is late by seconds at most where all is well. */
export const LATE_TICK_MS = 60_000;

/** The longest that a request is held. Contract; a Worker must answer within 30 s (platform). */
export const MAX_WAIT_MS = 25_000;
/** Bounds of `orphanAfterMs`. Contract. */
export const MIN_ORPHAN_AFTER_MS = 1_000;
export const MAX_ORPHAN_AFTER_MS = 86_400_000;
/** Watchers are told at most this often. Contract: four times a second. */
export const WATCH_INTERVAL_MS = 250;
/** An active object reports to the directory at most this often. Contract. */
export const REPORT_INTERVAL_MS = 10_000;
/** The lifetime of a token used on a socket. Contract. */
export const MAX_SOCKET_TOKEN_MS = 86_400_000;
/** The lifetime of a token for a wait: bounds, and what it is when nothing is said. Choice: it is handed to browsers. */
export const MIN_WAIT_TOKEN_MS = 1_000;
export const MAX_WAIT_TOKEN_MS = 3_600_000;
export const DEFAULT_WAIT_TOKEN_MS = 600_000;
/** The latest instant that a task may be given: SQLite and JavaScript agree on integers up to here. Choice. */
export const MAX_INSTANT_MS = 8_640_000_000_000_000;
/** The longest duration. Choice: 100 years, so that an instant plus a duration stays a safe integer. */
export const MAX_DURATION_MS = 3_155_760_000_000;
/** A session that is silent for so long and holds nothing is forgotten. Choice. */
export const FORGET_SESSION_MS = 86_400_000;
/** The least time between two passes over the rows for those whose retention is over. Choice. */
export const MIN_PASS_MS = 1_000;
/** The first pause between the tries of a call, doubled each time. Choice: the last try comes some 350 ms later. */
export const CALL_PAUSE_MS = 50;
/** A line of the log that tells how often something happened comes at most once in so long, from one object. Choice. */
export const LOG_INTERVAL_MS = 1_000;
/** How long a queue's log is written on when nobody follows any more. Contract. */
export const FOLLOW_GRACE_MS = 300_000;
/** A feed on which nothing comes shows that it lives, once in so long. Choice: proxies close after 30 s and more. */
export const FEED_BEAT_MS = 15_000;
/** When to come back to an overloaded or restarting object. Choice. */
export const RETRY_AFTER_MS = 1_000;
/** The first pause before the socket of a held request is opened again, doubled each time, and the longest. Choice. */
export const REOPEN_PAUSE_MS = 100;
export const MAX_REOPEN_PAUSE_MS = 3_000;
/** How long after an alarm that failed, which is a bug, the next may come. Choice: it must not spin. */
export const ALARM_RETRY_MS = 5_000;
/** A long poll that is held longer shows that it lives, once in so long. Choice: a client that is gone is found out by then. */
export const POLL_BEAT_MS = 1_000;
/** Pauses of 1 ms before tasks are sent to who waited for them. Choice: turns of the event loop, in which a client that is gone shows it. */
export const POLL_PROBES = 5;
/** How long an object may take to answer a cancelled long poll. Choice: with the wait it stays below 30 s (platform). */
export const CANCEL_GRACE_MS = 2_000;
/** How long the rest of a refused body is waited for. Choice: a client may send a line now and then. */
export const DRAIN_MS = 1_000;
/** How long `serve` waits for workerd to end before it kills it. Contract: a hibernatable socket keeps it for ever. */
export const SERVE_GRACE_MS = 3_000;
/** How long `serve` waits for the lock of its data folder, which a `serve` killed just before may still hold. Choice. */
export const LOCK_WAIT_MS = 3_000;
/** The same for the file of a `SqliteStorage`. Choice: the process stands still meanwhile, so it is short. */
export const FILE_LOCK_WAIT_MS = 1_000;
/** How long that lock is kept for a killed workerd to be gone. Choice: less than LOCK_WAIT_MS, so that a restart gets in. */
export const LEFT_BEHIND_MS = 2_000;

// The client, durations in milliseconds. All of them are choices.

/** How long the client waits for the answer to a request, the time that it asks to be held not counted. */
export const REQUEST_TIMEOUT_MS = 30_000;
/** Tries of a request that may be repeated: with the pauses, a server may be away for some 15 s. */
export const REQUEST_TRIES = 8;
/** The first pause before the client tries again, doubled each time, and the longest. */
export const RETRY_PAUSE_MS = 100;
export const MAX_RETRY_PAUSE_MS = 5_000;
/** A poll that is held by a server for longer shows that there is nothing to be done just now. */
export const IDLE_AFTER_MS = 1_000;
/** Sockets that a client pushes tasks without a key over, in turns: a queue may have more partitions than that. */
export const KEYLESS_SOCKETS = 4;
/** How often a worker looks into partitions that it has no slot for, because others have tasks for all of them. */
export const LOOK_MS = 2_000;
/** From opening a socket to being registered on it. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** How long a socket that nobody needs stays open, for the next push: a process that has nothing else to do ends then. */
export const SOCKET_IDLE_MS = 5_000;
/** A worker pings every third of `orphanAfterMs`, but at least so often: proxies close sockets that are silent. */
export const MAX_PING_INTERVAL_MS = 25_000;
/** A connection on which nothing comes for so long after a ping, or a worker's request, is dead; less when `orphanAfterMs` is short. */
export const PATIENCE_MS = 10_000;
/** And at least so long, however short that is. */
export const MIN_PATIENCE_MS = 1_000;
/** A timer that fires so much later than it was set to was held up by a busy thread, and so was what came meanwhile. */
export const HELD_UP_MS = 500;
/** A worker's request may take longer when it is long: so much of it goes in a millisecond even on a slow line. */
export const SLOWEST_BYTES_PER_MS = 64;
/** How long a handler whose lease is lost may still take its slot, before the slot is given to another task. */
export const LOST_GRACE_MS = 5_000;
/** The most that a worker prefetches when it measures how much: as many as one poll brings. */
export const MAX_PREFETCH = 1_000;
/** And at most as much as it does in so long: what waits here, no other worker can take. */
export const PREFETCH_HORIZON_MS = 1_000;
/** Events that a reader of a worker's events may be behind; then the oldest are dropped. */
export const MAX_EVENTS_BEHIND = 10_000;
/** How long `stop` waits for running handlers when nothing else is said. */
export const STOP_GRACE_MS = 10_000;
/** How long `stop` waits for the answers to its last events, and then for the close of the socket. */
export const FLUSH_TIMEOUT_MS = 5_000;
export const GOODBYE_TIMEOUT_MS = 2_000;
/** How long a command of `prinia work` has after SIGTERM, before SIGKILL: less than LOST_GRACE_MS, so that its slot is free then. */
export const SHELL_GRACE_MS = 4_000;
/** A feed that is silent for longer is broken: three of its comments were missed. */
export const FEED_SILENCE_MS = 45_000;
/** Requests of one wait at a time: a wait for more ids than these can name asks for them in turns. */
export const WAIT_STREAMS = 4;
/** How long such a turn takes. */
export const WAIT_TURN_MS = 2_000;
/** Characters of events in one frame of the client: three bytes each, it is still below MAX_BODY_BYTES. */
export const MAX_FRAME_CHARACTERS = 2 * MIB;

// Numbers.

/** `priority`, both ways, and the most that `maxAttempts` may be. Contract: int32. */
export const MAX_INT32 = 2_147_483_647;
/** Characters of a task id, a lease or a session as they come in; what is ill-formed is simply unknown. Choice. */
export const MAX_TOKEN_LENGTH = 64;
/** Bytes of a listing's cursor. Choice: it may hold the name of a queue, escaped. */
export const MAX_CURSOR_BYTES = KIB;
