import Domain
import Glibc
import Providers
import Sync
import Testing

@Suite("A portfolio in a folder") struct PortfolioTests {
  static func read(_ folder: PortfolioFolder) throws -> [Resource: [RemoteRecord]] {
    var all: [Resource: [RemoteRecord]] = [:]
    try folder.records { resource, batch throws(PortfolioError) in
      all[resource, default: []] += batch
    }
    return all
  }

  /// The elements of a file of the portfolio.
  static func elements(_ name: String) throws -> [JSONValue] {
    let file = try #require(fopen(portfolioPath + "/" + name, "r"))
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
      bytes += buffer[0..<count]
    }
    return try #require(try JSONValue(parsing: bytes).array)
  }

  @Test(
    "every element of every file becomes a record",
    arguments: [
      ("bankaccounts", Resource.bankAccounts), ("rental_owners", .owners), ("rentals", .properties),
      ("rental_units", .units), ("tenants", .tenants), ("leases", .leases), ("vendors", .vendors),
      ("bills", .bills), ("generalledger_transactions", .transactions),
      ("vendor_credits", .vendorCredits), ("lease_transactions", .leaseTransactions),
    ])
  func counts(name: String, resource: Resource) throws {
    let all = try Self.read(try PortfolioFolder(path: portfolioPath))
    let elements = try Self.elements("buildium/\(name).json")
    #expect(!elements.isEmpty)
    #expect(all[resource]?.count == elements.count)
    let ids = elements.compactMap { ($0["Credit"] ?? $0)["Id"]?.int.map(String.init) }
    #expect(all[resource]?.map(\.key.id) == ids)
  }

  @Test("payments are one row per bill with what went to it, sub-accounts are accounts")
  func derived() throws {
    let all = try Self.read(try PortfolioFolder(path: portfolioPath))
    var expected: [String: String] = [:]
    for row in try Self.elements("buildium/bill_payments.json") {
      let payment = row["Payment"]?["Id"]?.int ?? 0
      for share in row["AppliedPerBill"]?.array ?? [] {
        let amount = share["Amount"]?.numberText.flatMap { Money($0) }
        expected["\(payment):\(share["BillId"]?.int ?? 0)"] = amount?.description
      }
    }
    var found: [String: String] = [:]
    for record in all[.billPayments] ?? [] {
      found[record.key.id] = record.record["amount"].money?.description
      // Of a payment for several bills each row carries the lines that pay its bill.
      #expect(
        record.record.lines.reduce(Money.zero) { $0 + ($1["amount"]?.money ?? .zero) }
          == record.record["amount"].money)
    }
    #expect(found == expected)
    #expect(expected.keys.contains("700042:700033"))
    let accounts = try Self.elements("buildium/glaccounts.json")
    let nested = accounts.reduce(0) { $0 + ($1["SubAccounts"]?.array?.count ?? 0) }
    #expect(nested > 0)
    #expect(all[.glAccounts]?.count == accounts.count + nested)
    let named = Set(all[.vendors]?.compactMap { $0.record["vendor_category_id"].reference } ?? [])
    #expect(Set(all[.vendorCategories]?.map(\.key) ?? []) == named)
  }

  @Test("parents come before what hangs on them, in bounded batches with their sources")
  func order() throws {
    var seen: [Resource] = []
    try PortfolioFolder(path: portfolioPath).records { resource, batch throws(PortfolioError) in
      if seen.last != resource { seen.append(resource) }
      if batch.count > PortfolioFolder.batch + 10 {
        throw PortfolioError(file: "", "a batch of \(batch.count)")
      }
      if batch.contains(where: { $0.key.resource != resource || $0.source.isEmpty }) {
        throw PortfolioError(file: "", "a record of another resource, or without its source")
      }
    }
    #expect(seen == seen.sorted())
    #expect(Set(seen).count == seen.count)
  }

  @Test("magnitudes are recognised by the ledger's entries")
  func signs() throws {
    #expect(try PortfolioFolder(path: portfolioPath).signConvention() == .magnitude)
  }

  @Test("the same books with signed amounts are recognised too, and a forged amount is refused")
  func naturalSigns() throws {
    let entries = try Self.elements("buildium/generalledger_entries.json")
    // What each account of a transaction moved, from the ledger itself.
    var moved: [String: Money] = [:]
    for entry in entries {
      guard let account = entry["GLAccountId"]?.int, let id = entry["Entry"]?["Id"]?.int,
        let amount = entry["Entry"]?["Amount"]?.numberText.flatMap({ Money($0) }),
        let basis = entry["AccountingBasis"]?.string
      else { continue }
      moved["\(id)/\(account)/\(basis)", default: .zero] += amount
    }
    let signed: [JSONValue] = try Self.elements("buildium/generalledger_transactions.json").map {
      Self.mapLines($0) { id, line in
        let basis = line["IsCashPosting"]?.bool == true ? "Cash" : "Accrual"
        let key = "\(id)/\(line["GLAccount"]?["Id"]?.int ?? 0)/\(basis)"
        guard let amount = line["Amount"]?.numberText.flatMap({ Money($0) }),
          let total = moved[key], total < .zero, amount > .zero
        else { return line }
        return Self.with(line, amount: -amount)
      }
    }
    let folder = try TemporaryFolder(copying: portfolioPath)
    try folder.write(
      "buildium/generalledger_transactions.json", JSONValue.array(signed).text)
    #expect(try PortfolioFolder(path: folder.path).signConvention() == .natural)

    var forged = signed
    forged[5] = Self.mapLines(forged[5]) { _, line in
      Self.with(line, amount: Money(minorUnits: 1))
    }
    try folder.write("buildium/generalledger_transactions.json", JSONValue.array(forged).text)
    #expect {
      try PortfolioFolder(path: folder.path).signConvention()
    } throws: {
      "\($0)".contains("generalledger_transactions.json: the amounts do not add up")
    }
  }

  private static func mapLines(
    _ transaction: JSONValue, _ body: (Int, JSONValue) -> JSONValue
  ) -> JSONValue {
    guard case .object(var object) = transaction, case .object(var journal)? = object["Journal"],
      let lines = journal["Lines"]?.array
    else { return transaction }
    journal["Lines"] = .array(lines.map { body(transaction["Id"]?.int ?? 0, $0) })
    object["Journal"] = .object(journal)
    return .object(object)
  }

  private static func with(_ line: JSONValue, amount: Money) -> JSONValue {
    guard case .object(var object) = line else { return line }
    object["Amount"] = .number(amount.description)
    return .object(object)
  }

  @Test("the overlay is read whole")
  func overlay() throws {
    let overlay = try PortfolioFolder(path: portfolioPath).overlay()
    #expect(overlay.ownership.count == (try Self.elements("overlay/ownership.json").count))
    #expect(overlay.billWorkflow.count == (try Self.elements("overlay/bill_workflow.json").count))
    #expect(overlay.managementAgreements.count == 3)
    #expect(overlay.managementIncomeAccounts == [27, 26])
    #expect(overlay.ownerAllocations.map(\.percent) == [DecimalText("100")])
    let rule = try #require(overlay.distributionRules.first { $0.propertyID == 7 })
    #expect(rule.reserveTarget == Money("1500.50"))
    #expect(rule.percent == DecimalText("75"))
    #expect(rule.managementFee?.baseGLAccountIDs == [3])
    let voided = try #require(overlay.billWorkflow.first { $0.state == "voided" })
    #expect(voided.billID == 700031 && voided.reversalBillID == 700039)
    #expect(voided.voidReason == "Duplicate of earlier bill")
  }

  @Test(
    "a fault names the file, the element and the member",
    arguments: [
      (
        "buildium/bills.json", #"[{"Id":1,"Lines":[]},{"Id":2,"Lines":[{"Amount":1.005}]}]"#,
        "buildium/bills.json, element 2: Bill 2, Lines[0]: Amount is 1.005"
      ),
      (
        "buildium/bills.json", #"[{"Id":1},"#,
        "buildium/bills.json, element 2: the list is cut short"
      ),
      (
        "buildium/bills.json", #"[{"Id":1},{"Id":tru}]"#, "buildium/bills.json, element 2: not JSON"
      ),
      (
        "buildium/bills.json", #"[{"Id":1},,{"Id":2}]"#,
        "buildium/bills.json, element 2: it is empty"
      ),
      ("buildium/bills.json", #"{"Id":1}"#, "buildium/bills.json: a list was expected"),
      ("buildium/bills.json", #"[] []"#, "something follows"),
      (
        "buildium/leases.json", #"[{"UnitId":4}]"#,
        "buildium/leases.json, element 1: Lease: Id is missing"
      ),
      (
        "buildium/leases.json", #"[{"Id":4,"LeaseFromDate":"2026-02-30"}]"#,
        "element 1: Lease 4: LeaseFromDate is a text, not a date"
      ),
      (
        "overlay/ownership.json", #"[{"PropertyId":1,"OwnerId":2}]"#,
        "overlay/ownership.json, element 1: Row: OwnershipPercentage is missing"
      ),
      (
        "overlay/management_income_accounts.json", #"[27,"x"]"#,
        "overlay/management_income_accounts.json, element 2: a text is not the id"
      ),
    ])
  func faults(name: String, text: String, says: String) throws {
    let folder = try TemporaryFolder(copying: nil)
    try folder.write(name, text)
    #expect {
      let portfolio = try PortfolioFolder(path: folder.path)
      _ = try Self.read(portfolio)
      _ = try portfolio.overlay()
    } throws: { error in
      #expect("\(error)".contains(says), "\(error)")
      return error is PortfolioError
    }
  }

  @Test("a portfolio with few files is read as far as it goes; a folder that is none is refused")
  func partial() throws {
    let folder = try TemporaryFolder(copying: nil)
    try folder.write("buildium/rentals.json", " [\n ]\n")
    #expect(try Self.read(try PortfolioFolder(path: folder.path)).isEmpty)
    #expect(try PortfolioFolder(path: folder.path).signConvention() == nil)
    #expect(try PortfolioFolder(path: folder.path).overlay() == Overlay())
    #expect(throws: PortfolioError.self) { try PortfolioFolder(path: folder.path + "/none") }
    #expect(throws: PortfolioError.self) { try PortfolioFolder(path: folder.path + "/buildium") }
    #expect(throws: PortfolioError.self) {
      try PortfolioFolder(path: folder.path + "/buildium/rentals.json")
    }
  }
}

/// A folder that goes away with the test.
final class TemporaryFolder {
  let path: String

  init(copying source: String?) throws {
    let pattern = "/tmp/rentbook-portfolio-" + String(repeating: "X", count: 6)
    var template = Array(pattern.utf8CString)
    path = String(cString: try #require(mkdtemp(&template)))
    for part in ["buildium", "overlay"] {
      mkdir("\(path)/\(part)", 0o700)
      guard let source, let folder = opendir("\(source)/\(part)") else { continue }
      defer { closedir(folder) }
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard name.hasSuffix(".json") else { continue }
        let elements = try PortfolioTests.elements("\(part)/\(name)")
        try write("\(part)/\(name)", JSONValue.array(elements).text)
      }
    }
  }

  func write(_ name: String, _ text: String) throws {
    let file = try #require(fopen("\(path)/\(name)", "w"))
    fputs(text, file)
    fclose(file)
  }

  deinit {
    for part in ["buildium", "overlay"] {
      if let folder = opendir("\(path)/\(part)") {
        while let entry = readdir(folder) {
          let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
          }
          if name.hasSuffix(".json") { unlink("\(path)/\(part)/\(name)") }
        }
        closedir(folder)
      }
      rmdir("\(path)/\(part)")
    }
    rmdir(path)
  }
}
