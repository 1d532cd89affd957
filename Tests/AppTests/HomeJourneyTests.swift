import Domain
import Sandbox
import Testing

/// What settles bills and gathers payments here, on its way to simulated services.
@Suite("Payments and deposits between the services")
struct HomeJourneyTests {
  private typealias Journey = BillJourneyTests.Journey

  /// Two services and a store in step.
  private func started() throws -> Journey {
    let journey = try Journey()
    try journey.run("airtable", "setup")
    try journey.run("sync")
    return journey
  }

  /// Runs a sync in which every write to Buildium ends so.
  private func sync(_ journey: Journey, meeting fault: FaultKind?) throws {
    let rules = fault.map { [FaultPlan.Rule($0, .every(1), calls: .write)] } ?? []
    journey.buildium.gate.faults.change(to: FaultPlan(rules))
    try journey.run("sync", exit: nil)
    journey.buildium.gate.faults.change(to: FaultPlan())
  }

  @Test(
    "a deposit made here is made at Buildium once, whatever becomes of the answer",
    .timeLimit(.minutes(3)), arguments: [nil, .dropAfter, .dropBefore] as [FaultKind?])
  func deposit(_ fault: FaultKind?) throws {
    let journey = try started()
    let lease = try #require(
      try journey.ask("GET", "/v1/leases?limit=1&leasestatuses=Active").array?.first)
    let number = try #require(lease["Id"]?.int)
    let property = try #require(lease["PropertyId"]?.int)
    let bank = try #require(
      try journey.ask("GET", "/v1/rentals/\(property)")["OperatingBankAccountId"]?.int)
    let day = try #require(
      try journey.run("bills", "list")["as_of"]?.string.flatMap { CalendarDate($0) })
    let income = try #require(
      try journey.ask("GET", "/v1/glaccounts?limit=200").array?.first { $0["Type"] == "Income" }?[
        "Id"]?.int)
    let paid = try journey.ask(
      "POST", "/v1/leases/\(number)/payments",
      [
        "Date": .string("\(day)"), "PaymentMethod": "Check", "SendEmailReceipt": false,
        "TotalAmount": .number("321.09"),
        "Lines": [["Amount": .number("321.09"), "GLAccountId": .int(income)]],
      ])
    let payment = try #require(paid["Id"]?.int)
    try journey.run("sync")
    try journey.run(
      "deposits", "create", "--bank", "\(bank)", "--payment", "\(payment)", "--date", "\(day)")
    try sync(journey, meeting: fault)
    for _ in 0..<2 { try journey.run("sync") }
    try journey.run("sync", "--full")
    let there =
      try journey.ask(
        "GET", "/v1/bankaccounts/\(bank)/deposits?startdate=\(day)&enddate=\(day)&limit=1000"
      ).array ?? []
    let ours = there.filter { $0["PaymentTransactionIds"]?.array?.contains(.int(payment)) == true }
    #expect(ours.count == 1, "\(JSONValue.array(there).text)")
    let here = try journey.run("deposits", "list")["deposits"]?.array ?? []
    let known = here.filter {
      $0["items"]?.array?.contains { $0["payment_id"] == .int(payment) } == true
    }
    #expect(known.count == 1)
    #expect(known.first?["deposit_id"] == ours.first?["Id"])
    #expect(known.first?["amount"] == "321.09")
    #expect(try journey.run("sync", "--dry-run")["writes"]?.array?.isEmpty == true)
    try journey.run("check")
  }

  @Test(
    "a payment that settles bills with a part of it says so, and leaves once all of it does",
    .timeLimit(.minutes(3)), arguments: [nil, .dropAfter] as [FaultKind?])
  func partlyApplied(_ fault: FaultKind?) throws {
    let journey = try started()
    let vendor =
      "\(try #require(try journey.ask("GET", "/v1/vendors?limit=1").array?[0]["Id"]?.int))"
    let property = try #require(try journey.ask("GET", "/v1/rentals?limit=1").array?.first)
    let place = try #require(property["Id"]?.int)
    let bank = "\(try #require(property["OperatingBankAccountId"]?.int))"
    let account = try #require(
      try journey.ask("GET", "/v1/glaccounts?limit=200").array?.first {
        $0["SubType"] == "OperatingExpenses"
      }?["Id"]?.int)
    var bills: [String] = []
    for (reference, amount) in [("P-1", "60.00"), ("P-2", "40.00")] {
      let bill = try #require(
        try journey.run(
          "bills", "create", "--vendor", vendor, "--reference", reference, "--line",
          "\(account):\(amount):\(place)", "--submit")["local_id"]?.string)
      try journey.run("bills", "approve", bill, user: "bob")
      bills.append(bill)
    }
    let payment = try #require(
      try journey.run("bills", "pay", bills[0], bills[1], "--bank", bank)["payment"]?.string)
    try journey.run("bills", "unapply", bills[1], "--source", payment)
    try journey.run("sync", exit: nil)
    func letters() throws -> [String] {
      (try journey.run("jobs", "list", exit: nil)["dead_letters"]?.array ?? []).compactMap {
        $0["message"]?.string
      }
    }
    let said = try letters()
    #expect(said.count == 1 && said[0].contains("only 60.00 of it settles bills"), "\(said)")
    #expect(said.first?.contains("Apply the other 40.00") == true)
    let first = try #require(
      try journey.run("bills", "show", bills[0])["bill"]?["bill_id"]?.int)
    func payments() throws -> Int {
      try journey.ask("GET", "/v1/bills/\(first)/payments").array?.count ?? 0
    }
    #expect(try payments() == 0)
    try journey.run("bills", "apply", bills[1], "--source", payment)
    try sync(journey, meeting: fault)
    for _ in 0..<2 { try journey.run("sync") }
    try journey.run("sync", "--full")
    #expect(try letters().isEmpty)
    #expect(try payments() == 1)
    for bill in bills {
      let stored = try journey.run("bills", "show", bill)["bill"]
      #expect(stored?["status"] == "paid" && stored?["remaining"] == "0.00")
    }
    #expect(try journey.run("sync", "--dry-run")["writes"]?.array?.isEmpty == true)
  }
}
