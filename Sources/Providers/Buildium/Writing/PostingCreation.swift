// Creating a record, and finding it again when the answer was lost.
import Background
import Domain
import Sync

extension BuildiumProvider {
  /// As the protocol says.
  public func create(_ new: NewRecord, cancellation: Cancellation) -> RecordOutcome {
    guard let kind = PostingKind(new.record) else {
      return .refused(
        ProviderError(.buildium, .unsupported, PostingProblem.unknownKind.sentence))
    }
    let problems = PostingRules(kind, new.record).problems
    guard problems.isEmpty else {
      return .refused(
        ProviderError(
          .buildium, .refused, problems.map(\.sentence).joined(separator: " "),
          hint: "Correct what it names; nothing was sent."))
    }
    do throws(ProviderError) {
      let body = try PostingBody(kind, new.record, marker: new.marker)
      let json = try api.sendOnce("POST", body.path, body.json, cancellation: cancellation)
      do throws(ProviderError) {
        return .done(try written(kind, new.record, json))
      } catch {
        return .doubt(BuildiumFailure.doubt(error))
      }
    } catch {
      return Self.outcome(error)
    }
  }

  /// The record an answer shows. Lease charges are answered as a list of one.
  private func written(
    _ kind: PostingKind, _ record: Record, _ answer: JSONValue
  ) throws(ProviderError) -> WrittenRecord {
    let json = answer.array?.first ?? answer
    let id = String(try Wire(json, titled: kind.title).id())
    func transaction(_ records: [RemoteRecord]) -> WrittenRecord {
      WrittenRecord(key: RemoteKey(.buildium, .transactions, id), records: records)
    }
    switch kind {
    case .charge, .payment, .credit:
      return transaction([
        try LeaseTransactionMapping.record(json, lease: record["lease_id"].reference?.id)
      ])
    // These are answered in a form of their own; the transaction is read under its id.
    case .refund, .check: return transaction([])
    case .journalEntry: return transaction([try TransactionMapping.record(json)])
    case .bill:
      let bill = try BillMapping.record(json)
      return WrittenRecord(key: bill.key, records: [bill])
    case .billPayment:
      let bills = record["bill_ids"].links
      let rows: [RemoteRecord]
      if bills.count == 1, let bill = bills.first {
        rows = [
          try BillPaymentMapping.record(
            json, bill: bill.id, bills: [BillPaymentMapping.PaidBill(id: bill.id, lines: [])])
        ]
      } else {
        // What went to which bill is told by each bill's own list of payments.
        rows = []
      }
      return WrittenRecord(key: RemoteKey(.buildium, .billPayments, id), records: rows)
    case .vendorCredit:
      let credit = try VendorCreditMapping.record(
        json, vendor: record["vendor_id"].reference?.id ?? "")
      return WrittenRecord(key: credit.key, records: [credit])
    case .deposit:
      let deposit = try DepositMapping.record(
        json, account: record["bank_account_id"].reference?.id ?? "")
      return WrittenRecord(key: deposit.key, records: [deposit])
    }
  }

  // MARK: Looking for what may have landed

  /// As the protocol says.
  public func probe(
    _ new: NewRecord, ignoring: Set<String>, cancellation: Cancellation
  ) throws(ProviderError) -> WrittenRecord? {
    guard let kind = PostingKind(new.record), let date = new.record["date"].date else { return nil }
    let record = new.record
    func isIt(_ row: JSONValue) -> Bool {
      !ignoring.contains(row["Id"]?.numberText ?? "")
        && Self.memos(of: row).contains { new.marker.stands(in: $0) }
    }
    func rows(_ path: String, _ query: [QueryItem]) throws(ProviderError) -> [JSONValue] {
      try api.all(path, query, cancellation: cancellation)
    }
    func id(_ field: String) -> String { record[field].reference?.id ?? "0" }
    // A person may have moved it by a day since.
    let (from, to) = (date.adding(days: -1).description, date.adding(days: 1).description)
    let found: JSONValue?
    switch kind {
    case .charge, .payment, .credit, .refund:
      found = try rows(
        "\(LeaseMapping.collection)/\(id("lease_id"))/transactions",
        [("transactiondatefrom", from), ("transactiondateto", to)]
      ).first(where: isIt)
      guard let found else { return nil }
      if kind != .refund { return try written(kind, record, found) }
    case .journalEntry:
      let accounts = Set(record.lines.compactMap { $0["gl_account_id"]?.reference?.id }).sorted()
      found = try rows(
        TransactionMapping.collection,
        [("startdate", from), ("enddate", to)] + accounts.map { ("glaccountids", $0) }
      ).first(where: isIt)
    case .check:
      found = try rows(
        "\(BankAccountMapping.collection)/\(id("bank_account_id"))/checks",
        [("startdate", from), ("enddate", to)]
      ).first(where: isIt)
    case .bill: found = try bill(of: id("vendor_id"), [], cancellation, where: isIt)
    case .billPayment: return try payment(new, ignoring: ignoring, cancellation)
    case .vendorCredit: return try credit(new, from, to, isIt, cancellation)
    case .deposit:
      found = try rows(
        "\(BankAccountMapping.collection)/\(id("bank_account_id"))/deposits",
        [("startdate", from), ("enddate", to)]
      ).first(where: isIt)
    }
    return try found.map { json throws(ProviderError) in try written(kind, record, json) }
  }

  /// Where a row of any list has its memo.
  private static func memos(of row: JSONValue) -> [String] {
    let lines = row["Journal"]?["Lines"]?.array ?? []
    return ([row["Memo"], row["Journal"]?["Memo"]] + lines.map { $0["Memo"] }).compactMap {
      $0?.string
    }
  }

  /// A vendor's bill: among the unpaid ones, where a new bill stands, then among those paid since.
  private func bill(
    of vendor: String, _ filter: [QueryItem], _ cancellation: Cancellation,
    where isIt: (JSONValue) -> Bool
  ) throws(ProviderError) -> JSONValue? {
    let filter = [("vendorid", vendor)] + filter
    let unpaid = try api.all(
      BillMapping.collection, filter + [("paidstatus", "Unpaid")], cancellation: cancellation)
    if let found = unpaid.first(where: isIt) { return found }
    let today = Instant(milliseconds: clock.wallMilliseconds).date
    let window: [QueryItem] = [
      ("frompaiddate", today.adding(days: 1 - BuildiumAPI.windowDays).description),
      ("topaiddate", today.description),
    ]
    return try api.all(
      BillMapping.collection, filter + [("paidstatus", "Paid")] + window,
      cancellation: cancellation
    ).first(where: isIt)
  }

  /// As the protocol says. Buildium enforces no such key; of paid bills the last year is looked at.
  public func twin(
    of record: Record, cancellation: Cancellation
  ) throws(ProviderError) -> WrittenRecord? {
    guard PostingKind(record) == .bill, let vendor = record["vendor_id"].reference?.id,
      let reference = record["reference_number"].text
    else { return nil }
    // An unknown filter is ignored silently, so every row is looked at.
    let found = try bill(of: vendor, [("referencenumber", reference)], cancellation) { row in
      row["ReferenceNumber"]?.string == reference && row["VendorId"]?.numberText == vendor
    }
    return try found.map { json throws(ProviderError) in try written(.bill, record, json) }
  }

  /// As the protocol says. A key that may not read the settings is told nothing.
  public func closedBooks(_ cancellation: Cancellation) throws(ProviderError) -> ClosedBooks? {
    let json: JSONValue
    do throws(ProviderError) {
      json = try api.get(
        "/v1/administration/accountinglockperiod", cancellation: cancellation
      ).json
    } catch {
      guard error.kind == .forbidden || error.kind == .notFound else { throw error }
      return nil
    }
    let wire = try Wire(json, "The accounting lock period")
    var books = ClosedBooks(through: try wire.field(.date, "Global", "LockDate").date)
    for override in try wire.list("Overrides") {
      let type = try override.text("Property", "Type") ?? "Rental"
      guard type == "Rental", let id = try override.int("Property", "Id") else { continue }
      books.byProperty[RemoteKey(.buildium, .properties, String(id))] =
        try override.field(.date, "LockDate").date
    }
    return books
  }

  /// A payment of one bill by its mark; one of several, which has no memo, by the bills it pays, its
  /// day, its bank account and its amount.
  private func payment(
    _ new: NewRecord, ignoring: Set<String>, _ cancellation: Cancellation
  ) throws(ProviderError) -> WrittenRecord? {
    let record = new.record
    guard let bill = record["bill_ids"].links.first else { return nil }
    let rows = try api.all(
      "\(BillMapping.collection)/\(bill.id)/payments", cancellation: cancellation)
    let isOne = PostingRules.isPaymentOfOneBill(record)
    let bills = Set(record["bill_ids"].links.map(\.id))
    for row in rows where !ignoring.contains(row["Id"]?.numberText ?? "") {
      if isOne {
        guard new.marker.stands(in: row["Memo"]?.string) else { continue }
        return try written(.billPayment, record, row)
      }
      let wire = try Wire(row, titled: "Bill payment")
      let paid = Set(try BillPaymentMapping.billIDs(row))
      var amount = Money.zero
      for line in try wire.list("Lines") {
        amount += try line.field(.money, "Amount").money ?? .zero
      }
      guard paid == bills, try wire.field(.date, "EntryDate") == record["date"],
        try wire.field(.reference(.bankAccounts), "BankAccountId") == record["bank_account_id"],
        record["amount"].money.map({ $0 == amount }) ?? true
      else { continue }
      return try written(.billPayment, record, row)
    }
    return nil
  }

  /// A vendor's credit; Buildium lists them only among the vendor's transactions.
  private func credit(
    _ new: NewRecord, _ from: String, _ to: String, _ isIt: (JSONValue) -> Bool,
    _ cancellation: Cancellation
  ) throws(ProviderError) -> WrittenRecord? {
    guard let vendor = new.record["vendor_id"].reference?.id else { return nil }
    let rows = try api.all(
      "\(VendorMapping.collection)/\(vendor)/transactions",
      [("transactiondatefrom", from), ("transactiondateto", to)], cancellation: cancellation)
    guard let found = rows.first(where: isIt), let id = found["Id"]?.numberText else { return nil }
    let json = try api.get(
      "\(VendorMapping.collection)/\(vendor)/credits/\(id)", cancellation: cancellation
    ).json
    return try written(.vendorCredit, new.record, json)
  }
}
