// A row a person made in the mirror, as the record it asks to be posted.
import Domain

/// What a row born in the mirror asks for.
///
/// Pure beside the questions to `facts`. A draft with problems is not complete; one without is then
/// checked by the service's own rules (``RecordWriter/problems(with:facts:)``).
public struct PostingDraft: Sendable, Hashable {
  /// The record to create, in the words of ``PostingKind``.
  public var record: Record
  /// What a person must correct in the row first.
  public var problems: [PostingProblem]

  /// Reads a row of *Transactions*, *Bills* or *Forecasts*.
  ///
  /// - *Transactions*: `Charge`, `Credit` and `Refund` name one GL account; `Payment` names one, or
  ///   none to pay what is owed; `Journal Entry` names two, of which the first in the row is debited.
  ///   A refund is drawn on the property's operating account and goes to the lease's tenants.
  /// - *Bills*: the vendor by name, the lines as text (``BillLineText``), one property.
  /// - *Forecasts*: a journal entry between the account and the property's operating bank account;
  ///   income is debited to the bank, everything else credited, and an amount below zero the other
  ///   way round.
  ///
  /// - Throws: ``ProviderError`` when `facts` cannot be asked.
  public init(
    _ row: ObservedRow, in table: ObservedTable, facts: any PostingFacts
  ) throws(ProviderError) {
    var reader = DraftReader(row: row, facts: facts)
    switch table {
    case .of(.transactions): record = try reader.transaction()
    case .of(.bills): record = try reader.bill()
    case .forecasts: record = try reader.forecast()
    case .of(let resource):
      record = Record(resource)
      reader.add("", "Rows of this table are not posted to Buildium.")
    }
    problems = reader.problems
  }
}

private struct DraftReader {
  let row: ObservedRow
  let facts: any PostingFacts
  var problems: [PostingProblem] = []

  init(row: ObservedRow, facts: any PostingFacts) {
    (self.row, self.facts) = (row, facts)
    for (field, sentence) in row.unreadable.sorted(by: { $0.key < $1.key }) { add(field, sentence) }
  }

  mutating func add(_ field: String, line: Int? = nil, _ sentence: String) {
    problems.append(PostingProblem(field, line: line, sentence))
  }

  private func value(_ field: String) -> FieldValue { row.fields[field] ?? .null }

  // MARK: Transactions

  private static let types: [String: String] = [
    "charge": "Charge", "leasecharge": "Charge", "payment": "Payment", "leasepayment": "Payment",
    "rentpayment": "Payment", "credit": "Credit", "leasecredit": "Credit", "refund": "Refund",
    "journalentry": "GeneralJournalEntry", "generaljournalentry": "GeneralJournalEntry",
  ]

  mutating func transaction() throws(ProviderError) -> Record {
    var record = Record(.transactions)
    let typed = value("type").text ?? ""
    let type = Self.types[typed.lowercased().filter(\.isLetter)]
    if type == nil, row.unreadable["type"] == nil {
      add(
        "type",
        typed.isEmpty
          ? "Type is empty; write Charge, Payment, Credit, Refund or Journal Entry."
          : "Type is “\(typed.prefix(40))”; only Charge, Payment, Credit, Refund and Journal Entry"
            + " can be posted.")
    }
    record["transaction_type"] = type.map(FieldValue.text) ?? .null
    for (ours, theirs) in [
      ("date", "date"), ("memo", "memo"), ("reference_number", "reference"),
      ("lease_id", "lease_id"), ("unit_id", "unit_id"), ("total_amount", "amount"),
    ] {
      record[ours] = value(theirs)
    }
    record["payment_method"] = .text(canonical: value("payment_method").text.map(Self.word))
    if let property = oneProperty(isRequired: type == "GeneralJournalEntry") {
      record["property_id"] = .reference(property)
    }
    if type != nil, type != "GeneralJournalEntry", value("lease_id").isNull,
      row.unreadable["lease_id"] == nil
    {
      add("lease_id", "Lease is empty; choose the lease it belongs to.")
    }
    if let amount = amountAboveZero() { record.lines = lines(of: type, amount, record) }
    if type == "Refund" { try addPayee(to: &record) }
    return record
  }

  /// `money order` as the services write it: `MoneyOrder`.
  private static func word(_ text: String) -> String {
    text.split(separator: " ").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  private mutating func amountAboveZero() -> Money? {
    guard row.unreadable["amount"] == nil else { return nil }
    guard let amount = value("amount").money else {
      add("amount", "Amount is empty.")
      return nil
    }
    guard amount > .zero else {
      add("amount", "Amount is \(amount); write it above zero, the type says which way it goes.")
      return nil
    }
    return amount
  }

  private mutating func lines(
    of type: String?, _ amount: Money, _ record: Record
  ) -> [FieldValues] {
    let accounts = row.linked["gl_account_ids"] ?? value("gl_account_ids").links
    guard row.unreadable["gl_account_ids"] == nil else { return [] }
    func line(_ account: RemoteKey, _ side: PostingSide? = nil) -> FieldValues {
      var line: FieldValues = ["gl_account_id": .reference(account), "amount": .money(amount)]
      if let side { line["posting_type"] = .text(side.rawValue) }
      return line
    }
    switch (type, accounts.count) {
    case ("GeneralJournalEntry", 2):
      return [line(accounts[0], .debit), line(accounts[1], .credit)]
    case ("GeneralJournalEntry", _):
      add(
        "gl_account_ids",
        "A journal entry names two GL accounts, first the one that is debited; this row names"
          + " \(accounts.count).")
      return []
    case ("Payment", 0): return []
    case (_, 1): return [line(accounts[0])]
    case (nil, _): return []
    default:
      add(
        "gl_account_ids",
        accounts.isEmpty
          ? "GL Accounts is empty; choose one account."
          : "GL Accounts names \(accounts.count) accounts, and one amount cannot be divided; use a"
            + " row for each.")
      return []
    }
  }

  private mutating func oneProperty(isRequired: Bool) -> RemoteKey? {
    guard row.unreadable["property_ids"] == nil else { return nil }
    let keys = value("property_ids").links
    if keys.count > 1 {
      add("property_ids", "Property names \(keys.count) properties; use a row for each.")
    } else if keys.isEmpty, isRequired {
      add("property_ids", "Property is empty; choose one.")
    }
    return keys.count == 1 ? keys[0] : nil
  }

  /// Whom a refund goes to, where, and from which bank: what the row has no columns for.
  private mutating func addPayee(to record: inout Record) throws(ProviderError) {
    guard let key = record["lease_id"].reference, let lease = try facts.record(key) else { return }
    var tenants = lease["current_tenant_ids"].links
    if tenants.isEmpty { tenants = lease["tenant_ids"].links }
    record["tenant_ids"] = .references(canonical: tenants)
    let property = try lease["propertyId"].reference.flatMap {
      key throws(ProviderError) in try facts.record(key)
    }
    record["bank_account_id"] = property?["operating_bank_account_id"] ?? .null
    if record["bank_account_id"].isNull {
      add("lease_id", "The lease's property has no operating bank account to draw the refund on.")
    }
    var places: [Record] = []
    for key in tenants.prefix(1) + lease["unitId"].links {
      if let place = try facts.record(key) { places.append(place) }
    }
    if let property { places.append(property) }
    guard let place = places.first(where: { !$0["address_line1"].isNull }) else { return }
    for field in [
      "address_line1", "address_line2", "address_line3", "city", "state", "postal_code", "country",
    ] { record[field] = place[field] }
  }

  // MARK: Bills

  mutating func bill() throws(ProviderError) -> Record {
    var record = Record(.bills)
    for (ours, theirs) in [
      ("date", "date"), ("due_date", "due_date"), ("reference_number", "reference"),
      ("description", "memo"), ("amount", "amount"),
    ] {
      record[ours] = value(theirs)
    }
    record["vendor_id"] = try vendor().map(FieldValue.reference) ?? .null
    let property = oneProperty(isRequired: true)
    if let amount = value("amount").money, amount <= .zero {
      add("amount", "Amount is \(amount); a bill comes to more than zero.")
    }
    guard row.unreadable["lines"] == nil else { return record }
    guard let text = value("lines").text else {
      add(
        "lines",
        "Lines is empty; write one line for each account: its number or name, the amount, a memo.")
      return record
    }
    let (lines, wrong) = BillLineText.parse(text)
    problems += wrong
    for (index, line) in lines.enumerated() {
      var values: FieldValues = [
        "amount": .money(line.amount), "memo": .text(canonical: line.memo),
      ]
      if let property { values["property_id"] = .reference(property) }
      if let account = try account(line.account, line: index + 1) {
        values["gl_account_id"] = .reference(account)
      }
      record.lines.append(values)
    }
    return record
  }

  private mutating func vendor() throws(ProviderError) -> RemoteKey? {
    guard row.unreadable["vendor"] == nil else { return nil }
    guard let name = value("vendor").text else {
      add("vendor", "Vendor is empty; write the vendor's name as Buildium has it.")
      return nil
    }
    let keys = try facts.keys(of: .vendors, named: name)
    if keys.count == 1 { return keys[0] }
    add(
      "vendor",
      keys.isEmpty
        ? "No vendor in Buildium is called “\(name.prefix(60))”; correct the name or add the vendor."
        : "\(keys.count) vendors in Buildium are called “\(name.prefix(60))”; enter the bill there."
    )
    return nil
  }

  /// An account by its number, its name, or both as Rentbook itself writes them: `6110 Plumbing`.
  private mutating func account(_ text: String, line: Int) throws(ProviderError) -> RemoteKey? {
    var keys = try facts.keys(of: .glAccounts, named: text)
    if keys.isEmpty, let space = text.firstIndex(of: " ") {
      let name = text[text.index(after: space)...].drop { $0 == " " || $0 == "-" }
      let numbered = try facts.keys(of: .glAccounts, named: String(text[..<space]))
      let named = Set(try facts.keys(of: .glAccounts, named: String(name)))
      keys = numbered.filter(named.contains)
    }
    if keys.count == 1 { return keys[0] }
    add(
      "lines", line: line,
      keys.isEmpty
        ? "Line \(line) of Lines: no GL account has the number or name “\(text.prefix(60))”."
        : "Line \(line) of Lines: “\(text.prefix(60))” names \(keys.count) GL accounts; write the"
          + " number.")
    return nil
  }

  // MARK: Forecasts

  mutating func forecast() throws(ProviderError) -> Record {
    var record = Record(.transactions)
    record["transaction_type"] = .text("GeneralJournalEntry")
    record["date"] = value("date")
    record["memo"] = value("memo")
    record["property_id"] = value("property_id")
    let amount = row.unreadable["amount"] == nil ? value("amount").money : nil
    if row.unreadable["amount"] == nil, amount == nil || amount == .zero {
      add("amount", "Amount is \(amount == nil ? "empty" : "zero").")
    }
    let account = try known("gl_account_id", "GL Account")
    let property = try known("property_id", "Property")
    guard let amount, amount != .zero, let account, let property else { return record }
    guard let bank = property.record["operating_bank_account_id"].reference,
      let bankAccount = try facts.record(bank)?["gl_account"].reference
    else {
      add("property_id", "The property has no operating bank account to post against.")
      return record
    }
    let isIncome = account.record["type"].text == "Income"
    let side: PostingSide = isIncome == (amount > .zero) ? .credit : .debit
    record.lines = [(account.key, side), (bankAccount, side.opposite)].map { key, side in
      [
        "gl_account_id": .reference(key), "amount": .money(amount.magnitude),
        "posting_type": .text(side.rawValue),
      ]
    }
    return record
  }

  private mutating func known(
    _ field: String, _ column: String
  ) throws(ProviderError) -> (key: RemoteKey, record: Record)? {
    guard row.unreadable[field] == nil else { return nil }
    guard let key = value(field).reference else {
      add(field, "\(column) is empty; choose one.")
      return nil
    }
    guard let record = try facts.record(key) else {
      add(field, "\(column) names a record that is not known in Buildium; sync, or choose another.")
      return nil
    }
    return (key, record)
  }
}
