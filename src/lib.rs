//! Fighting Fund: the ledger, receipts and live widget of a newspaper that is owned by its readers.
//!
//! A treasurer should be able to trust this more than a bank, so the books come first: every gift is double entry,
//! numbered without gaps, chained by hash, and the figure on the homepage is the ledger's own figure at an entry that
//! it names. Everything else here serves that sentence.
//!
//! # Map
//!
//! One folder a noun; in each the same files: `mod.rs` what it is and what can be done, `rules.rs` decisions without
//! clock or database, `store.rs` all SQL, `routes.rs` all HTTP.
//!
//! | room | is |
//! |---|---|
//! | [`money`], [`clock`], [`mod@reference`], [`hex`], [`proof`], [`fault`], [`sheet`], [`threads`], [`unseen`] | exact amounts · UTC in microseconds · checksummed public references · digits · a line of `verify` · a sentence for a field · a CSV file · threads that must not end · characters that nobody sees |
//! | [`db`] | one connection type over SQLite and PostgreSQL, transactions, migrations |
//! | [`ledger`] | accounts, entries, postings, the hash chain, the trial balance |
//! | [`funds`] | funds and appeals: targets, deadlines, months that open by themselves; the society |
//! | [`supporters`] | who gives |
//! | [`outbox`], [`receipts`] | mail that leaves because a transaction landed · numbered proof of money |
//! | [`donations`] | one gift to one appeal: recorded, received, refunded, bounced; the till |
//! | [`standing_orders`] | promises that recur: learnt or entered, expected, arrived, late, stopped |
//! | [`shares`] | who owns the society: applications, allotment, transfer, withdrawal, certificates, the register at a date |
//! | [`statements`] | what the bank says happened on our account: files in, line by line |
//! | [`payments`] | money that arrived, and what it is for: gifts, promises, shares, other income |
//! | [`batches`] | the post: counted, typed, posted when it adds up; paying-in slips |
//! | [`progress`] | what the public sees: JSON, stream, widget, image |
//! | [`staff`] | who may act, and what they did |
//! | [`desk`], [`exports`] | staff's pages · files for people and accountants |
//! | [`http`] | what every page has in common: problems, the shell, static files |
//! | [`app`], [`worker`], [`cli`], [`config`] | the whole table of addresses · background work · commands · settings |
//!
//! **The ladder.** A file uses only what stands below it: `main -> app, worker -> routes -> mod -> rules | store -> db ->
//! money, clock, reference`; between rooms `desk, exports, progress -> donations -> receipts -> outbox` and
//! `shares -> donations -> ledger, funds, supporters`. Nobody uses `progress`: the books do not know that a widget exists.
//! `tests/it/architecture.rs` reads this folder and holds it to that.
//!
//! # Walk A: a gift arrives
//!
//! 1. [`app`] sends `POST /api/v1/funds/{slug}/donations` to `donations/routes/api`, or the form to its own route; both
//!    go through [`donations::parse`], which finds every fault at once.
//! 2. [`donations::till`] takes everything that waits, up to 500 gifts, into one [`db::Db::write`]. A full queue answers
//!    503. If a batch fails, its gifts are tried one by one, so that only the guilty one is refused.
//! 3. [`donations::record_all`] looks keys and supporters up, places each gift in its appeal, posts entries, numbers
//!    receipts, queues mail and moves the appeal's total, each with one statement for the whole batch.
//! 4. Each caller is answered with its own outcome after the commit is on disk.
//! 5. Later [`worker`] lets [`outbox`] send: claim by lease, send with no transaction open, settle.
//!
//! # Walk B: the widget is read
//!
//! 1. `widget.js` asks `GET /funds/{slug}/progress`, which answers from a snapshot in memory, and opens the stream.
//! 2. [`progress`] polls the small totals rows four times a second, swaps the snapshot when it changed and wakes the
//!    streams. The cost is the same however many look, and with several processes on PostgreSQL.
//!
//! # Invariants
//!
//! Each is a line of `fighting-fund verify` ([`verify`]) and a test.
//!
//! 1. Every entry balances; numbers are 1..n without a gap; the hash chain holds; daily sums equal their postings.
//! 2. For each appeal: raised as shown = sum of its donations = the postings that name it.
//! 3. Every received donation has exactly one receipt; receipt numbers have no gap in a year; every receipt with an
//!    address has its letter.
//! 4. A repeated request changes nothing. What was acknowledged survives `kill -9`.
//! 5. Each event of the share register sums to nothing; no holding is negative on any day; shares at their nominal
//!    value are the capital account on every day; certificates in force add up to the holdings.
//! 6. No personal data is inside what is hashed, so erasing a person leaves every sum, number and hash as it was.
//!
//! # Decisions, with their price
//!
//! - **Batches go to PostgreSQL by `COPY`** (`insert_all!` in [`db`]), not by `unnest`: one typed row struct serves both
//!   databases, and no statement text is written twice. Price: `COPY` knows no `ON CONFLICT`; the few upserts are single.
//! - **Numbers are read under the lock, in each batch**, not kept in memory: nothing has to be restored after a
//!   roll-back, and several processes may write. Price: six small look-ups a batch of up to 500 gifts.
//! - **A reference is the donation's number written another way** ([`mod@reference`]), a bijection with a check character:
//!   no column, no index, no collision. Price: whoever reads this source can turn a reference into a number, so a
//!   reference grants nothing; the giver's page needs a signed link ([`donations::link`]).
//! - **The tables that every gift fills have no foreign keys to rows of the same transaction.** On PostgreSQL the checks
//!   cost more than all the inserts together. Price: a stray row is found by `verify`, which proves that none is there,
//!   and not at once.
//! - **`appeal_days`** sums each appeal by day and method in the transaction that moves its total, so that pictures and
//!   lists read days and not gifts. Price: a few more rows a batch; `verify` proves the sums.
//! - **A standing order is taken up by itself only where the gifts say that a bank repeats them** and the giver is known
//!   by an address; transfers, and givers known by name alone, are offered to staff. Price: a name on a statement has to
//!   be kept once by hand.
//! - **Which gift met which month of a standing order is worked out from all gifts of the giver**, whatever the order of
//!   entry, and noted so that pages need not work it out again. Price: the note is up to half a second behind the gift;
//!   `verify` compares the two.
//! - **A change of a standing order is entered when its day has come**, like an event of the register: what is worth how
//!   much today needs no look into the future. Price: a letter about next month waits until then.
//! - **A thread that falls ends the program**, by exit code 1 within ten seconds, and is not started again within it: what
//!   a panic left half done in memory is known to nobody. Price: those on the way are answered late, by the next start.
//! - **A log that nobody takes is lost**, a line at a time, and counted; it is not kept in a queue by a thread of its own,
//!   which could fall. Price: a reader who stands still costs one line 50 ms, once.
//! - **New books are begun under another name** and have every table when they get theirs, so that a file which is there
//!   and holds none is never ours. Price: an empty file made by hand beforehand is refused.
//! - **`verify` compares indexes with their tables** (`integrity_check`), not only pages (`quick_check`): of 100 files in
//!   which a page held another page's content, the one missed 1 and the other 30. Price: about 1.4 s instead of 0.8 s of a
//!   processor for 100 MB, shared by two threads.
//! - **Files are for their owner only** (mode 600, mask 077). Price: whoever lets another user fetch letters from the mail
//!   folder runs both in one group and sets its default rights (`setfacl -d`), or sends by SMTP.
//! - **`account_days`** sums each account a day in the posting transaction, so that a trial balance at any date reads
//!   days and not postings, and postings need no second index. `verify` proves the sums.
//! - **A day of the ledger is found by halving its numbers** ([`db::by_halving`]), not by an index on days: numbers rise
//!   with time, and an index would cost every gift. Price: after a clock was set back, entries carry the moment of the one
//!   before them until it has caught up.
//! - **The audit pack counts and hashes a busy year only when it is asked to**, by its own link: a page must not read a
//!   hundred thousand entries. Price: one more click; `verify` and the files read everything anyway.
//! - **Receipts are numbered by the year of issue** in the fund's zone, not by the day the money arrived: a cheque of
//!   December entered in January must not reopen last year's numbering.
//! - **A month of a monthly fund is opened on the spot when a gift is dated in it**, also long ago, so that old columns
//!   can be taken in. Such a month carries nothing over; only a month opened by the calendar does, and what it carried
//!   follows the month before it until the treasurer closes that one.
//! - **A one-off fund takes any earlier date** into its one appeal, and none after its deadline.
//! - **A holding has no lots.** Shares of a class are alike and were never numbered, so a line of the book names holder,
//!   class and number, and certificates say which paper stands for what. Price: "which of my shares went" has no answer,
//!   and none is needed for a register without gain or dividend.
//! - **The register records what has happened**: no event is dated after today. A decision for a coming day is entered
//!   on that day. Price: the secretary comes back; in return, what is in force is always what the book sums up to.
//! - **Who is the same person** (for the law's maximum) is decided by name and postal address, across joint holdings.
//!   Price: two people of one name at one address count as one until the secretary tells them apart by name.
//! - **A transfer posts nothing**: money between members never touches the society's ledger.
//! - **Share money becomes a gift through the account it came in by**: it leaves share-applications for that account and
//!   goes from there into the fund, on one day. So [`shares`] uses [`donations`], one more rung than the plan had.
//! - **What moves no shares is a note** (`shares/notes.rs`): one book with one page, one story and one way to take back for
//!   deaths, nominations, particulars, certificates, officers and the rest, beside the chained book of events. Notes are not
//!   chained, because rows with personal data hang on them; triggers keep them from being changed. Price: a truncated tail of
//!   notes is found by their numbers only against a backup.
//! - **What a second person decides is tried when it is entered** and taken back, so that nobody approves nonsense. Price:
//!   each such deed is done twice.
//! - **Two people decide over shares, one keeps the records**: allotments, agreements, refusals, moves of shares, interest and
//!   what the rules say of a class wait for a second person where the setting asks for one, and so does turning it off; opening a
//!   meeting, noting who came, a section's postcodes, a new class and the words of the offer do not. Price: a wrong record is
//!   found by whoever reads the story of it, not before; and a program decides nothing there.
//! - **Today's holdings are kept beside the book** (a sum a holder, a sum a class, moved with each event), so that no page
//!   adds up the whole book to count members. `verify` proves them.
//! - **A page of the register at the desk is data** (`desk/folio.rs`): facts, tables, deeds; one template draws them
//!   all. Price: no page there can look like no other.
//! - **A file for others is written whole before it is sent**, from one view of the books to a temporary file without a
//!   name ([`exports`]): it is never cut short, and a slow reader holds no connection. Price: the first byte of a million
//!   gifts comes after seconds, and the temporary folder must have room.
//! - **A letter to somebody without an electronic address is a delivery too**, in the state `post`, until staff say
//!   that it was posted.
//! - **A receipt without an e-mail address is a letter to be posted** as soon as its giver has a name and a postal address;
//!   without either it stays a number in the books, because a bucket has nobody to write to.
//! - **A corrected address corrects the supporter**, and one that somebody else of that name has already makes the two
//!   one. Price: the row that only leads on stays, because other rooms may name it.
//! - **Receipts are watched by remembering how far they were proved** (`receipt_proofs`): the desk reads a row a year,
//!   `verify` still reads everything.
//! - **Certificates are drawn with a font that is compiled in** (Libertinus Serif). Names it has no letters for are
//!   not drawn as boxes: the certificate names the member by number, and the register has the name.
//! - **Interest is simple, on 365 days, by the day held**, and paid, or added to the holding as far as it makes whole
//!   shares. It is taken back for everybody or for nobody, with the shares. Price: where one member has passed them on, that
//!   is reversed first, or the interest stands.
//! - **Who came to a meeting is corrected on its own row**, which keeps who took it back, when and why, and stays in the list.
//!   Price: it has no number in the book of notes; a hall of 500 would fill that book.
//! - **Answers to share requests are kept by their key** (`share_deeds`): a repeat gets the very same text, whatever
//!   happened since. Price: a small row for each write, which gifts do not need because their own row answers.
//! - **A closed appeal bears nothing that happens later.** What is given back of its gifts, or comes back unpaid, is posted
//!   to the appeal that is open on that day and lowers its total; the gift stays counted where it was
//!   (`donation_events.counts_in`, and `verify` counts the same way). Price: the open month's figure can fall for a gift
//!   that is not its own, which the gift's page and the column say; and a fund that ran once has to be opened again first.
//! - **Months close in order where something is carried**: what an open month leaves still moves the next one's target,
//!   and a closed one does not move. Price: nobody skips a month, unless the fund carries nothing.
//! - **A proof of the books counts for a closing until an entry moves that appeal**, not until the next entry: otherwise
//!   a busy day would never let a treasurer close. What was proved is kept with the entry up to which it read.
//! - **A gift entered by mistake is taken back by an entry with the day of the first one**, so that no account of any day
//!   shows what never was; it keeps its receipt number, marked as cancelled, because numbers have no gap.
//! - **A promise counts with what came**, also when another amount or way was promised; the event keeps the promise.
//! - **The printed column counts what came on the day it came, and what went back on the day it went**, so that columns
//!   in a row add up as they were printed. Price: it is not the chart, which takes a refund off the day of its gift.
//! - **Days of two appeals make two columns**, because each has a target of its own; a late cheque placed in an earlier
//!   month stands in that month's column. Price: a week across a month's end is printed twice, each half complete.
//! - **A memory is printed only with a word of consent of its own** (`memory_in_print`), which a file or a program has to
//!   give as well. Price: one more tick on the form.
//! - **A cheque goes to the bank whole, whatever was given back of it**: until it is paid in, a refund comes out of the cheques
//!   in hand; with the slip it moves to the bank, in an entry of its own, because that is what both statements show. A cheque
//!   that is refunded in full was handed back. Price: one more entry for each refund of a cheque in hand, and a slip stays
//!   when something of it was refunded after it went.
//! - **What bounced stays bounced when its line of the statement is undone**, and so does everything else that a whole cheque
//!   had made: the giver has been told, and a gift that counted twice would be worse than one that is entered anew. Price: a
//!   bounce that was clicked by mistake is put right by entering the gift again, with a new receipt number.
//! - **Card, PayPal and direct debit gifts are recorded by staff and programs only**; the public form offers what
//!   needs no processor. They join the form with online payments.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
#[macro_use]
pub mod db;
pub mod batches;
pub mod demo;
pub mod desk;
pub mod donations;
pub mod exports;
pub mod fault;
pub mod funds;
pub mod hex;
pub mod http;
pub mod ledger;
pub mod money;
pub mod openapi;
pub mod outbox;
pub mod payments;
pub mod progress;
pub mod proof;
pub mod receipts;
pub mod reference;
pub mod shares;
pub mod sheet;
pub mod staff;
pub mod standing_orders;
pub mod statements;
pub mod supporters;
pub mod threads;
pub mod unseen;
pub mod verify;
pub mod worker;
