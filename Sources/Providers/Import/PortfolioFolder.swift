// A portfolio in a folder: what Buildium's API gave, file by file, and what it does not have.
//
// Layout: `buildium/*.json` with Buildium's own objects by resource, `overlay/*.json` with what is
// Rentbook's own. The same mappings serve that serve the network; nothing is sent anywhere.
import Domain
import Glibc
import Sync

/// Reads a portfolio's folder.
public struct PortfolioFolder: Sendable {
  /// So many records are handed over at once.
  public static let batch = 500

  let path: String

  /// A portfolio in the folder at `path`, which holds the folders `buildium` and `overlay`.
  ///
  /// - Throws: ``PortfolioError`` when there is no such folder.
  public init(path: String) throws(PortfolioError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw PortfolioError(file: path, String(cString: strerror(errno)))
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw PortfolioError(file: path, "it is no folder")
    }
    guard stat(path + "/buildium", &status) == 0 || stat(path + "/overlay", &status) == 0 else {
      throw PortfolioError(file: path, "it holds neither a folder buildium nor a folder overlay")
    }
    self.path = path
  }

  private static let files: [(resource: Resource, name: String)] = [
    (.glAccounts, "glaccounts"), (.bankAccounts, "bankaccounts"), (.owners, "rental_owners"),
    (.properties, "rentals"), (.units, "rental_units"), (.tenants, "tenants"),
    (.leases, "leases"), (.vendorCategories, "vendor_categories"), (.vendors, "vendors"),
    (.taskCategories, "task_categories"), (.tasks, "tasks"), (.workOrders, "workorders"),
    (.bills, "bills"), (.transactions, "generalledger_transactions"),
    (.billPayments, "bill_payments"), (.vendorCredits, "vendor_credits"),
    (.leaseTransactions, "lease_transactions"),
  ]

  /// Gives all records in batches, parents before what hangs on them. Files that are not there are
  /// skipped; where vendor categories have no file they are made from what the vendors name.
  ///
  /// - Throws: ``PortfolioError`` at the first record that cannot be read, or what `take` throws.
  public func records(
    _ take: (Resource, [RemoteRecord]) throws(PortfolioError) -> Void
  ) throws(PortfolioError) {
    let shared = try billsPaidTogether()
    var lines: [String: [FieldValues]] = [:]
    for (resource, name) in Self.files {
      guard let file = try JSONArrayFile(folder: path, name: "buildium/\(name).json") else {
        if resource == .vendorCategories { try categoriesOfVendors(take) }
        continue
      }
      var batch: [RemoteRecord] = []
      try file.forEach { number, json throws(PortfolioError) in
        do throws(ProviderError) {
          let records =
            resource == .billPayments
            ? try Self.billPayments(json, lines) : try Self.records(resource, json)
          for record in records where resource == .bills && shared.contains(record.key.id) {
            lines[record.key.id] = record.record.lines
          }
          batch += records
        } catch {
          throw PortfolioError(file: file.name, element: number, error.message)
        }
        if batch.count >= Self.batch {
          try take(resource, batch)
          batch = []
        }
      }
      if !batch.isEmpty { try take(resource, batch) }
    }
  }

  private static func records(_ resource: Resource, _ json: JSONValue) throws(ProviderError)
    -> [RemoteRecord]
  {
    switch resource {
    case .vendorCredits:
      let wire = try Wire(json, "Vendor credit")
      return [
        try VendorCreditMapping.record(
          wire.value(["Credit"]) ?? .null, vendor: String(wire.id("VendorId")))
      ]
    case .leaseTransactions: return [try LeaseTransactionMapping.record(json, lease: nil)]
    default: return try BuildiumProvider.records(resource, json)
    }
  }

  /// One row per bill of a payment; the file says what went to each.
  ///
  /// - Parameter lines: the lines of bills that were paid together with others.
  private static func billPayments(_ json: JSONValue, _ lines: [String: [FieldValues]])
    throws(ProviderError) -> [RemoteRecord]
  {
    let wire = try Wire(json, "Bill payment")
    let payment = wire.value(["Payment"]) ?? .null
    var ids = try wire.references(.bills, "BillIds").map(\.id)
    if ids.isEmpty { ids = try BillPaymentMapping.billIDs(payment) }
    var applied: [String: Money] = [:]
    for share in try wire.list("AppliedPerBill") {
      applied[String(try share.id("BillId"))] = try share.field(.money, "Amount").money
    }
    let bills = ids.map { BillPaymentMapping.PaidBill(id: $0, lines: lines[$0] ?? []) }
    var records: [RemoteRecord] = []
    for id in ids {
      records.append(
        try BillPaymentMapping.record(payment, bill: id, bills: bills, applied: applied[id]))
    }
    return records
  }

  /// The bills that share a payment with others: only their lines must be at hand to divide it.
  private func billsPaidTogether() throws(PortfolioError) -> Set<String> {
    var bills: Set<String> = []
    let name = "buildium/bill_payments.json"
    guard let file = try JSONArrayFile(folder: path, name: name) else { return bills }
    try Self.read(file) { json throws(ProviderError) in
      let ids = try Wire(json, "Bill payment").references(.bills, "BillIds").map(\.id)
      if ids.count > 1 { bills.formUnion(ids) }
    }
    return bills
  }

  private func categoriesOfVendors(
    _ take: (Resource, [RemoteRecord]) throws(PortfolioError) -> Void
  ) throws(PortfolioError) {
    var categories: [Int: RemoteRecord] = [:]
    guard let file = try JSONArrayFile(folder: path, name: "buildium/vendors.json") else { return }
    try file.forEach { number, json throws(PortfolioError) in
      guard let category = json["Category"], let id = category["Id"]?.int, categories[id] == nil
      else { return }
      do throws(ProviderError) {
        categories[id] = try VendorCategoryMapping.record(category)
      } catch {
        throw PortfolioError(file: file.name, element: number, error.message)
      }
    }
    let records = categories.sorted { $0.key < $1.key }.map(\.value)
    if !records.isEmpty { try take(.vendorCategories, records) }
  }

  // MARK: Signs

  /// How the line amounts of the transactions are signed, found by comparing them with the ledger's
  /// entries; nil when there is nothing to compare or nothing tells the conventions apart.
  ///
  /// - Throws: ``PortfolioError`` when they agree under neither convention.
  public func signConvention() throws(PortfolioError) -> SignConvention? {
    let entriesName = "buildium/generalledger_entries.json"
    let transactionsName = "buildium/generalledger_transactions.json"
    guard let accounts = try JSONArrayFile(folder: path, name: "buildium/glaccounts.json"),
      let entries = try JSONArrayFile(folder: path, name: entriesName),
      let transactions = try JSONArrayFile(folder: path, name: transactionsName)
    else { return nil }
    var types: [String: String] = [:]
    var contra: Set<String> = []
    try Self.read(accounts) { json throws(ProviderError) in
      for account in try GLAccountMapping.records(json) {
        types[account.key.id] = account.record["type"].text
        if account.record["is_contra_account"].boolean == true { contra.insert(account.key.id) }
      }
    }
    var tieOut = SignTieOut(accountTypes: types, contraAccounts: contra)
    try Self.read(transactions) { json throws(ProviderError) in
      let record = try TransactionMapping.record(json).record
      for line in record.lines {
        guard let account = line["gl_account_id"]?.reference?.id,
          let amount = line["source_amount"]?.money
        else { continue }
        tieOut.add(
          transactionType: record["transaction_type"].text ?? "", account: account, amount: amount,
          isCashPosting: line["is_cash_posting"]?.boolean ?? false)
      }
    }
    try Self.read(entries) { json throws(ProviderError) in
      let wire = try Wire(json, "Ledger entry")
      let text = try wire.text("AccountingBasis") ?? ""
      guard let basis = SignTieOut.Basis(rawValue: text) else {
        throw .unexpected("Ledger entry: AccountingBasis is \(text), neither Cash nor Accrual.")
      }
      tieOut.expect(
        account: String(try wire.id("GLAccountId")), basis: basis,
        amount: try wire.field(.money, "Entry", "Amount").money ?? .zero)
    }
    switch tieOut.outcome {
    case .tied(let convention): return convention
    case .undecided: return nil
    case .neither(let differences):
      throw PortfolioError(
        file: transactionsName,
        "the amounts do not add up to \(entriesName), whether they are magnitudes or signed."
          + " \(differences.joined(separator: "; "))")
    }
  }

  private static func read(
    _ file: JSONArrayFile, _ body: (JSONValue) throws(ProviderError) -> Void
  ) throws(PortfolioError) {
    try file.forEach { number, json throws(PortfolioError) in
      do throws(ProviderError) {
        try body(json)
      } catch {
        throw PortfolioError(file: file.name, element: number, error.message)
      }
    }
  }
}
