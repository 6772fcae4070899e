// Statements as banks write them, for June 2021. Amounts are in pence.

const pounds = (pence) => (pence / 100).toFixed(2);

// A file as a bank nobody heard of writes it. A line is its day in the month, its words and its amount; what is pending has
// moved no balance.
export function csvStatement(opening, lines, pending = []) {
  let balance = opening;
  const row = ([day, words, amount], state, left) =>
    `${String(day).padStart(2, "0")}.06.2021;${words};${pounds(amount)};${state};${left}`;
  const booked = lines.map((line) => row(line, "Booked", pounds((balance += line[2]))));
  const waits = pending.map((line) => row(line, "Pending", ""));
  return ["When it was;Wording;Moved;How it stands;Left", ...booked, ...waits, ""].join("\n");
}

// CAMT.053 of an account. An entry is its day and its payments; a payment is its payer, its words, its amount and, where
// the bank took it back, the reason's code.
export function camtStatement(iban, opening, entries) {
  const of = (payments) => payments.reduce((sum, [, , amount]) => sum + amount, 0);
  const closing = entries.reduce((sum, [, payments]) => sum + of(payments), opening);
  const day = (day) => `2021-06-${String(day).padStart(2, "0")}`;
  const days = entries.map(([day]) => day);
  const money = (pence) => `<Amt Ccy="GBP">${pounds(Math.abs(pence))}</Amt>`;
  const side = (pence) => `<CdtDbtInd>${pence < 0 ? "DBIT" : "CRDT"}</CdtDbtInd>`;
  const balance = (code, pence, on) =>
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp>${money(pence)}${side(pence)}<Dt><Dt>${day(on)}</Dt></Dt></Bal>`;
  const payment = ([payer, words, amount, why]) => `<TxDtls>${money(amount)}${side(amount)}
    <RltdPties><Dbtr><Pty><Nm>${payer}</Nm></Pty></Dbtr><Cdtr><Pty><Nm>Morning Paper</Nm></Pty></Cdtr>
    <CdtrAcct><Id><IBAN>${iban}</IBAN></Id></CdtrAcct></RltdPties><RmtInf><Ustrd>${words}</Ustrd></RmtInf>
    ${why ? `<RtrInf><Rsn><Cd>${why}</Cd></Rsn></RtrInf>` : ""}</TxDtls>`;
  const entry = ([on, payments], at) => `<Ntry>${money(of(payments))}${side(of(payments))}
    ${of(payments) < 0 ? "<RvslInd>true</RvslInd>" : ""}<Sts><Cd>BOOK</Cd></Sts>
    <BookgDt><Dt>${day(on)}</Dt></BookgDt><ValDt><Dt>${day(on)}</Dt></ValDt><AcctSvcrRef>J${on}-${at}</AcctSvcrRef>
    <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>IDDT</Cd><SubFmlyCd>PMDD</SubFmlyCd></Fmly></Domn></BkTxCd>
    <NtryDtls>${payments.map(payment).join("")}</NtryDtls></Ntry>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
    <Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
    <GrpHdr><MsgId>M1</MsgId><CreDtTm>2021-06-30T06:00:00</CreDtTm></GrpHdr>
    <Stmt><Id>S1</Id><Acct><Id><IBAN>${iban}</IBAN></Id><Ccy>GBP</Ccy></Acct>
    ${balance("OPBD", opening, Math.min(...days))}${balance("CLBD", closing, Math.max(...days))}
    ${entries.map(entry).join("")}</Stmt></BkToCstmrStmt></Document>`;
}
