// What a new record is checked against beside itself: the records it names, the chart of accounts, the
// calendar and the closed books.
import Domain
import Sync

/// The checks of one record against the store's copy of Buildium.
struct PostingLookups {
  /// A date further from today than this is taken for a slip of the pen.
  static let daysMax = BuildiumAPI.windowDays
  /// The accounts Buildium posts to by itself; bills and checks may not name them.
  private static let control = ["Accounts Receivable", "Accounts Payable", "Undeposited Funds"]

  let kind: PostingKind
  let record: Record
  let facts: any PostingFacts

  init(_ kind: PostingKind, _ record: Record, _ facts: any PostingFacts) {
    (self.kind, self.record, self.facts) = (kind, record, facts)
  }

  func problems() throws(ProviderError) -> [PostingProblem] {
    try dates() + links() + accounts() + bills()
  }

  // MARK: Dates

  private func dates() throws(ProviderError) -> [PostingProblem] {
    var problems: [PostingProblem] = []
    let today = facts.today
    for field in ["date", "due_date"] {
      guard let date = record[field].date else { continue }
      let days = date.daysSince1970 - today.daysSince1970
      guard abs(days) > Self.daysMax else { continue }
      problems.append(
        PostingProblem(
          field,
          "The \(field == "date" ? "date" : "day it is due,") \(date) is more than a year"
            + " \(days < 0 ? "ago" : "ahead"); check the year, or enter it in Buildium."))
    }
    guard let date = record["date"].date else { return problems }
    let properties = try self.properties()
    var locked: CalendarDate?
    for property in properties.isEmpty ? [nil] : properties.map(Optional.some) {
      if let lock = try facts.lockDate(of: property), date <= lock {
        locked = max(locked ?? lock, lock)
      }
    }
    if let locked {
      problems.append(
        PostingProblem(
          "date", "The books are closed through \(locked); \(date) must be a later day."))
    }
    return problems
  }

  /// The properties the record touches, by itself, its lines or its lease.
  private func properties() throws(ProviderError) -> [RemoteKey] {
    var keys = Set(record["property_id"].links)
    for line in record.lines { keys.formUnion(line["property_id"]?.links ?? []) }
    if let lease = record["lease_id"].reference, let known = try facts.record(lease) {
      keys.formUnion(known["propertyId"].links)
    }
    return keys.sorted()
  }

  // MARK: Links

  private static let linkWords: [(field: String, words: String)] = [
    ("lease_id", "lease"), ("property_id", "property"), ("unit_id", "unit"),
    ("vendor_id", "vendor"), ("bank_account_id", "bank account"), ("tenant_id", "tenant"),
    ("tenant_ids", "tenant"), ("bill_ids", "bill"), ("work_order_id", "work order"),
    ("payment_transaction_ids", "payment"), ("vendor_credit_ids", "vendor credit"),
  ]

  private func links() throws(ProviderError) -> [PostingProblem] {
    var problems: [PostingProblem] = []
    for (field, words) in Self.linkWords {
      for key in record[field].links {
        if key.service != .buildium {
          problems.append(
            PostingProblem(field, "The \(words) is not in Buildium yet; sync it first."))
        } else if let known = try facts.record(key) {
          problems += inactive(known, field, words)
        } else {
          problems.append(
            PostingProblem(field, "The \(words) \(key.id) is not known; sync, or choose another."))
        }
      }
    }
    problems += try leaseFits() + unitFits()
    for (index, line) in record.lines.enumerated() {
      guard let property = line["property_id"]?.reference, try facts.record(property) == nil else {
        continue
      }
      problems.append(
        PostingProblem(
          "property_id", line: index + 1,
          "The property \(property.id) of line \(index + 1) is not known; sync, or choose another.")
      )
    }
    return problems
  }

  private func inactive(_ known: Record, _ field: String, _ words: String) -> [PostingProblem] {
    guard known["is_active"].boolean == false else { return [] }
    let name = known["name"].text.map { " “\($0.shown)”" } ?? ""
    return [
      PostingProblem(
        field, "The \(words)\(name) is inactive in Buildium; activate it there or choose another.")
    ]
  }

  private func leaseFits() throws(ProviderError) -> [PostingProblem] {
    guard let key = record["lease_id"].reference, let lease = try facts.record(key) else {
      return []
    }
    var problems: [PostingProblem] = []
    for (field, ofLease, words) in [
      ("property_id", "propertyId", "property"), ("unit_id", "unitId", "unit"),
    ] {
      guard let named = record[field].reference, let other = lease[ofLease].reference,
        named != other
      else { continue }
      problems.append(
        PostingProblem(
          field,
          "The \(words) \(named.id) is not that of the lease \(key.id), which is \(other.id)."))
    }
    let tenants = Set(lease["tenant_ids"].links)
    for tenant in record["tenant_id"].links + record["tenant_ids"].links
    where !tenants.isEmpty && !tenants.contains(tenant) {
      problems.append(
        PostingProblem("tenant_ids", "The tenant \(tenant.id) is not on the lease \(key.id)."))
    }
    return problems
  }

  private func unitFits() throws(ProviderError) -> [PostingProblem] {
    var problems: [PostingProblem] = []
    func check(_ fields: FieldValues, line: Int?) throws(ProviderError) {
      guard let unit = fields["unit_id"]?.reference,
        let property = fields["property_id"]?.reference,
        let owner = try facts.record(unit)?["property_id"].reference, owner != property
      else { return }
      problems.append(
        PostingProblem(
          "unit_id", line: line,
          "The unit \(unit.id)\(line.map { " of line \($0)" } ?? "") is not part of the property"
            + " \(property.id)."))
    }
    try check(record.fields, line: nil)
    for (index, line) in record.lines.enumerated() { try check(line, line: index + 1) }
    return problems
  }

  // MARK: Accounts

  /// The types of account a line of a kind may name; nil for any.
  private var types: [String]? {
    switch kind {
    case .charge, .payment, .credit: ["Income", "Liability"]
    case .refund: ["Liability"]
    default: nil
    }
  }

  private func accounts() throws(ProviderError) -> [PostingProblem] {
    var problems: [PostingProblem] = []
    for (index, line) in record.lines.enumerated() {
      guard let key = line["gl_account_id"]?.reference else { continue }
      func problem(_ sentence: String) {
        problems.append(
          PostingProblem("gl_account_id", line: index + 1, "Line \(index + 1): \(sentence)"))
      }
      guard let account = try facts.record(key), key.service == .buildium else {
        problem("the GL account \(key.id) is not known; sync, or choose another.")
        continue
      }
      let name = Self.name(of: account, key)
      if account["is_active"].boolean == false {
        problem("the GL account \(name) is inactive; activate it in Buildium or choose another.")
      }
      let isControl =
        account["is_bank_account"].boolean == true
        || Self.control.contains(account["default_account_name"].text ?? "")
        || Self.control.contains(account["name"].text ?? "")
      if isControl, kind != .journalEntry {
        problem(
          "the GL account \(name) cannot be named here; Buildium posts to receivables, payables,"
            + " undeposited funds and bank accounts by itself.")
      } else if let types, let type = account["type"].text, !types.contains(type) {
        let wanted = types.map { $0.lowercased() }.joined(separator: " or ")
        problem(
          "the GL account \(name) is of the type \(type.lowercased()); a \(kind.words) takes one of"
            + " \(wanted).")
      }
    }
    return problems
  }

  private static func name(of account: Record, _ key: RemoteKey) -> String {
    let parts = [account["account_number"].text, account["name"].text].compactMap(\.self)
    return parts.isEmpty ? key.id : parts.joined(separator: " ").shown
  }

  // MARK: Bills that are paid

  private func bills() throws(ProviderError) -> [PostingProblem] {
    guard kind == .billPayment else { return [] }
    var problems: [PostingProblem] = []
    var vendors: Set<RemoteKey> = []
    for key in record["bill_ids"].links {
      guard let bill = try facts.record(key) else { continue }
      vendors.formUnion(bill["vendor_id"].links)
      for (index, line) in record.lines.enumerated() {
        guard line["bill_id"]?.reference ?? record["bill_ids"].links.first == key,
          let number = line["buildium_line_id"]?.integer, let amount = line["amount"]?.money
        else { continue }
        let paid = bill.lines.first { $0["buildium_line_id"]?.integer == number }
        guard let owed = paid?["amount"]?.money else {
          problems.append(
            PostingProblem(
              "buildium_line_id", line: index + 1,
              "Line \(index + 1) pays a line that is not on the bill \(key.id)."))
          continue
        }
        if amount > owed {
          problems.append(
            PostingProblem(
              "amount", line: index + 1,
              "Line \(index + 1) pays \(amount) on a line of \(owed) of the bill \(key.id)."))
        }
      }
    }
    if vendors.count > 1 {
      problems.append(
        PostingProblem(
          "bill_ids", "The bills are of \(vendors.count) vendors; one payment goes to one vendor."))
    }
    return problems
  }
}

extension PostingKind {
  /// Inside a sentence.
  var words: String { rawValue.replacing("_", with: " ") }
}
