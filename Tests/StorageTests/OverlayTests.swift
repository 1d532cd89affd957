import Domain
import FoundationEssentials
import Testing

@testable import Storage

@Suite("The overlay of a portfolio")
struct OverlayTests {
  /// The portfolio the import is tested with.
  static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
    .joined(separator: "/") + "/ProvidersTests/Fixtures/portfolio/overlay/"

  private static func rows(_ name: String) throws -> [JSONValue] {
    let text = String(decoding: try Files.bytes(folder + name + ".json"), as: UTF8.self)
    return try JSONValue(parsing: text).array ?? []
  }

  private static func decimal(_ value: JSONValue?) throws -> DecimalText {
    try #require(DecimalText(value?.string ?? "\(value?.int ?? 0)"))
  }

  static func overlay() throws -> Overlay {
    var overlay = Overlay()
    overlay.ownership = try rows("ownership").map {
      OwnershipShare(
        propertyID: $0["PropertyId"]?.int ?? 0, ownerID: $0["OwnerId"]?.int ?? 0,
        ownershipPercentage: try decimal($0["OwnershipPercentage"]),
        disbursementPercentage: try decimal($0["DisbursementPercentage"]),
        effectiveFrom: $0["EffectiveFrom"]?.string.flatMap { CalendarDate($0) },
        effectiveTo: $0["EffectiveTo"]?.string.flatMap { CalendarDate($0) },
        isPrimary: $0["Primary"]?.bool ?? false)
    }
    overlay.distributionRules = try rows("distribution_rules").map {
      DistributionRule(
        propertyID: $0["PropertyId"]?.int ?? 0,
        reserveTarget: $0["ReserveTarget"]?.string.flatMap { Money($0) } ?? .zero,
        percent: try decimal($0["Percent"]), holdsUnpaidBills: $0["HoldUnpaidBills"]?.bool ?? false,
        holdsUndeposited: $0["HoldUndeposited"]?.bool ?? false,
        carriesForwardLoss: $0["CarryForwardNegativeNOI"]?.bool ?? false, managementFee: nil)
    }
    overlay.managementAgreements = try rows("management_agreements").map {
      ManagementAgreement(propertyID: $0["PropertyId"]?.int ?? 0, start: nil, end: nil)
    }
    overlay.managementIncomeAccounts = try rows("management_income_accounts").compactMap(\.int)
    overlay.ownerAllocations = try rows("owner_allocations").map {
      OwnerAllocation(
        transactionID: $0["TransactionId"]?.int ?? 0, propertyID: $0["PropertyId"]?.int ?? 0,
        ownerID: $0["OwnerId"]?.int ?? 0, percent: try decimal($0["Percent"]))
    }
    overlay.billWorkflow = try rows("bill_workflow").map {
      BillWorkflowState(
        billID: $0["BillId"]?.int ?? 0, state: $0["State"]?.string ?? "",
        reversalBillID: $0["ReversalBillId"]?.int, voidReason: $0["VoidReason"]?.string)
    }
    return overlay
  }

  /// A store with every record the overlay names.
  static func store(for overlay: Overlay) throws -> TestStore {
    let test = try TestStore()
    var keys: [(Resource, Int)] = []
    keys += overlay.ownership.flatMap { [(.owners, $0.ownerID), (.properties, $0.propertyID)] }
    keys += overlay.distributionRules.map { (.properties, $0.propertyID) }
    keys += overlay.managementIncomeAccounts.map { (.glAccounts, $0) }
    keys += overlay.ownerAllocations.map { (.transactions, $0.transactionID) }
    keys += overlay.billWorkflow.flatMap { state in
      [(.bills, state.billID)] + (state.reversalBillID.map { [(.bills, $0)] } ?? [])
    }
    let named = Set(keys.map { RemoteKey(.buildium, $0.0, "\($0.1)") }).sorted()
    try test.store.writeSync { records throws(StorageError) in
      for key in named {
        let id = try records.store(RemoteRecord(key: key, record: Record(key.resource)))
        try records.sync.agree(
          key, localID: id, base: "{}", hash: "", updatedAt: nil, run: 1, at: records.now)
      }
    }
    return test
  }

  static let tables = [
    "ownership", "distribution_rules", "management_agreements", "management_income_accounts",
    "owner_allocations", "bill_workflow", "property_ownerships_cache", "properties",
  ]

  static func content(_ test: TestStore) throws -> [String] {
    var rows: [String] = []
    for table in tables {
      rows += try test.rows("SELECT * FROM \(table)").sorted().map { "\(table): \($0)" }
    }
    return rows
  }

  @Test("taking an overlay twice changes nothing, not even a row's id")
  func twice() throws {
    let overlay = try Self.overlay()
    let test = try Self.store(for: overlay)
    try test.store.take(overlay)
    let first = try Self.content(test)
    #expect(try test.rows("SELECT COUNT(*) FROM ownership") == ["\(overlay.ownership.count)"])
    #expect(
      try test.rows("SELECT COUNT(*) FROM bill_workflow") == ["\(overlay.billWorkflow.count)"])
    try test.store.take(overlay)
    #expect(try Self.content(test) == first)
    #expect(try test.store.check().filter { $0.rule != "ledger" }.isEmpty)
  }

  @Test("what a list no longer has is gone after it is taken")
  func replaced() throws {
    var overlay = try Self.overlay()
    let test = try Self.store(for: overlay)
    try test.store.take(overlay)
    let dropped = try #require(overlay.ownership.first { $0.propertyID == 6 && !$0.isPrimary })
    overlay.ownership.removeAll { $0 == dropped }
    try test.store.take(overlay)
    #expect(try test.rows("SELECT COUNT(*) FROM ownership") == ["\(overlay.ownership.count)"])
  }

  @Test("a bill that was a draft becomes what the overlay says, and a voided one stays voided")
  func workflow() throws {
    var overlay = Overlay()
    func take(_ state: String, _ reason: String? = nil) throws {
      overlay.billWorkflow = [
        BillWorkflowState(billID: 5, state: state, reversalBillID: nil, voidReason: reason)
      ]
      try test.store.take(overlay)
    }
    overlay.billWorkflow = [
      BillWorkflowState(billID: 5, state: "draft", reversalBillID: nil, voidReason: nil)
    ]
    let test = try Self.store(for: overlay)
    for state in ["draft", "pending_approval", "rejected", "approved", "voided"] {
      try take(state, "entered twice")
      #expect(try test.rows("SELECT state FROM bill_workflow") == [state])
    }
    #expect(try test.rows("SELECT version FROM bill_workflow") == ["5"])
    #expect(throws: StorageError.self) { try take("draft") }
  }

  @Test(
    "a row that names a record which is not there changes nothing and is named",
    arguments: [
      ("owners/909", "share of owner 909 in property 2"),
      ("rentals/909", "distribution rule of property 909"),
      ("rentals/910", "management agreement of property 910"),
      ("glaccounts/909", "list of management income accounts"),
      ("transactions/909", "allocation of transaction 909"), ("bills/909", "approval of bill 909"),
      ("bills/910", "approval of bill 200011"),
    ])
  func unknown(_ key: String, _ row: String) throws {
    let good = try Self.overlay()
    let test = try Self.store(for: good)
    let before = try Self.content(test)
    var bad = good
    switch key {
    case "owners/909": bad.ownership[0].ownerID = 909
    case "rentals/909": bad.distributionRules[0].propertyID = 909
    case "rentals/910": bad.managementAgreements[0].propertyID = 910
    case "glaccounts/909": bad.managementIncomeAccounts.append(909)
    case "transactions/909": bad.ownerAllocations[0].transactionID = 909
    case "bills/910": bad.billWorkflow[0].reversalBillID = 910
    default: bad.billWorkflow[0].billID = 909
    }
    let error = #expect(throws: StorageError.self) { try test.store.take(bad) }
    #expect(error?.kind == .constraint)
    #expect(error?.message.contains(key) == true, "\(error?.message ?? "")")
    #expect(error?.message.lowercased().contains(row) == true, "\(error?.message ?? "")")
    #expect(try Self.content(test) == before)
  }
}
