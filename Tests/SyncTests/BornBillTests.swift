import Background
import Domain
import Storage
import Testing

@testable import Sync

@Suite("Bills born in the mirror") struct BornBillTests {
  private static let table = ObservedTable.of(.bills)
  private static let bill: FieldValues = [
    "date": date("2026-03-10"), "due_date": date("2026-03-20"), "vendor": .text("Pipe Works"),
    "amount": money("75.50"), "reference": .text("INV-7"), "memo": .text("Pipe"),
    "property_ids": links(.properties, "1"), "lines": .text("Rent Income, 75.50, Pipe"),
  ]

  /// A world in step whose mirror has a new row.
  private func started(_ fields: FieldValues = bill) throws -> TwoWayWorld {
    let world = try TwoWayWorld()
    world.addPayables()
    try world.start()
    world.mirror.give(Self.table, "recB", fields)
    return world
  }

  private func creates(_ world: TwoWayWorld) -> [String] {
    world.writer.journal.filter { $0.hasPrefix("create") }
  }

  private func result(_ world: TwoWayWorld) -> String {
    world.mirror.born(Self.table, "recB")?.postResult ?? "it has its key"
  }

  /// The bills of the store with the row's reference.
  private func bills(_ world: TwoWayWorld, _ reference: String = "INV-7") throws -> [BillRow] {
    let store = world.world.store
    return try store.bills(asOf: store.today).filter { $0.reference == reference }
  }

  @discardableResult
  private func perform(_ world: TwoWayWorld, _ request: BillRequest, by name: String = "bob") throws
    -> BillResult
  {
    let bill = try #require(try bills(world).first)
    let result = try #require(
      try world.world.store.perform(request, on: bill.localID, by: name))
    #expect(result.refusal == nil)
    return result
  }

  /// What the trail says of the bills, without those that came from the service.
  private func steps(_ world: TwoWayWorld) throws -> [String] {
    try world.world.store.auditEvents(limit: 100).filter { $0.kind == "bill" }
      .map { "\($0.actor) \($0.action)" }
  }

  @Test("a row waits for approval here, leaves once it is approved, and is the record's only row")
  func approved() throws {
    let world = try started()
    for _ in 0..<2 { try world.sync() }
    #expect(creates(world).isEmpty)
    #expect(result(world) == "It waits for approval in Rentbook.")
    let waiting = try #require(try bills(world).first)
    #expect(waiting.approval == .pendingApproval && waiting.facts.submittedBy == "airtable")
    #expect(waiting.total == Money(minorUnits: 7550))
    #expect(try world.world.deadLetters().isEmpty)
    try perform(world, BillRequest(.approve))
    for _ in 0..<2 { try world.sync(SyncOptions(isFull: true)) }
    #expect(creates(world) == ["create bills 901"])
    let found = try bills(world)
    #expect(found.map(\.buildiumID) == [901] && found.map(\.approval) == [.approved])
    let shown = world.mirror.sink.rows(.bills).filter { $0.key == key(.bills, "901") }
    #expect(shown.count == 1)
    #expect(shown.first?.fields["approval"] == .text("approved"))
    let answers = world.mirror.people.withLock(\.answers)
    #expect(answers.last?.key == key(.bills, "901"))
    #expect(answers.last?.postResult?.hasPrefix("Posted to Buildium on") == true)
    let trail = try world.world.store.auditEvents(subject: found[0].localID, limit: 100)
    #expect(
      trail.map { "\($0.actor) \($0.action)" } == [
        "airtable create", "airtable submit", "bob approve",
      ])
    world.mirror.sink.clearJournal()
    world.writer.state.withLock { $0.journal = [] }
    try world.sync(SyncOptions(isFull: true))
    #expect(world.mirror.sink.journal.isEmpty && world.writer.journal.isEmpty)
  }

  @Test("a dry run says nothing leaves, and keeps nothing")
  func dryRun() throws {
    let world = try started()
    let report = try world.sync(SyncOptions(isDryRun: true))
    #expect(report.writes.allSatisfy { $0.action != .create })
    #expect(try bills(world).isEmpty)
    #expect(result(world).isEmpty)
  }

  @Test("what a policy approves by itself leaves in the same run")
  func policy() throws {
    let world = try started()
    _ = try world.world.store.setBillPolicy(
      BillPolicy(autoApproveUpTo: Money(minorUnits: 10_000)), scope: "", by: "ann")
    try world.sync()
    #expect(creates(world) == ["create bills 901"])
    #expect(try bills(world).map(\.approval) == [.approved])
  }

  @Test("two approvers are asked for where the policy asks for two, and the row says so")
  func second() throws {
    let world = try started()
    _ = try world.world.store.setBillPolicy(
      BillPolicy(secondApproverAbove: Money(minorUnits: 5_000)), scope: "", by: "ann")
    try world.sync()
    let once = try perform(world, BillRequest(.approve))
    #expect(once.outcome == .needsSecondApprover(above: Money(minorUnits: 5_000)))
    try world.sync()
    #expect(result(world) == "It waits for a second approval in Rentbook (1/2).")
    #expect(creates(world).isEmpty)
    try perform(world, BillRequest(.approve), by: "cid")
    try world.sync()
    #expect(creates(world).count == 1)
  }

  @Test("a rejection stands in the row with its reason, and a changed row is submitted anew")
  func rejected() throws {
    let world = try started()
    try world.sync()
    try perform(world, BillRequest(.reject, reason: "wrong property"))
    try world.sync()
    #expect(
      result(world)
        == "Rejected in Rentbook by bob: wrong property. Change the row to submit it again.")
    try world.sync()
    #expect(try bills(world).map(\.approval) == [.rejected])
    var mended = Self.bill
    (mended["amount"], mended["lines"]) = (money("80.00"), .text("Rent Income, 80.00, Pipe"))
    world.mirror.give(Self.table, "recB", mended)
    try world.sync()
    let again = try bills(world)
    #expect(again.map(\.approval) == [.pendingApproval])
    #expect(again.map(\.total) == [Money(minorUnits: 8000)])
    #expect(result(world) == "It waits for approval in Rentbook.")
    try perform(world, BillRequest(.approve))
    try world.sync()
    #expect(creates(world).count == 1)
  }

  @Test("a row that changes while it waits loses the approvals it had")
  func changed() throws {
    let world = try started()
    _ = try world.world.store.setBillPolicy(
      BillPolicy(secondApproverAbove: Money(minorUnits: 5_000)), scope: "", by: "ann")
    try world.sync()
    try perform(world, BillRequest(.approve))
    var dearer = Self.bill
    (dearer["amount"], dearer["lines"]) = (money("99.00"), .text("Rent Income, 99.00, Pipe"))
    world.mirror.give(Self.table, "recB", dearer)
    try world.sync()
    let bill = try #require(try bills(world).first)
    #expect(bill.total == Money(minorUnits: 9900) && bill.facts.approvals.isEmpty)
    // What it says now cannot be: nobody approves what it said before.
    dearer["amount"] = money("-1")
    world.mirror.give(Self.table, "recB", dearer)
    try world.sync()
    #expect(result(world).hasPrefix("Not posted: "))
    #expect(try bills(world).map(\.approval) == [.draft])
    try world.sync()
    #expect(result(world).hasPrefix("Not posted: "))
  }

  @Test("what is approved leaves as it was approved; an edit since is merged afterwards")
  func editedLate() throws {
    let world = try started()
    try world.sync()
    try perform(world, BillRequest(.approve))
    var late = Self.bill
    late["memo"] = .text("Pipe and valve")
    world.mirror.give(Self.table, "recB", late)
    #expect(try !world.sync().needsPerson)
    #expect(creates(world) == ["create bills 901"])
    for _ in 0..<2 { try world.sync() }
    #expect(world.record(key(.bills, "901"))?["description"] == .text("Pipe and valve"))
    #expect(world.row(key(.bills, "901"))["memo"] == .text("Pipe and valve"))
  }

  @Test("a row that asks no more takes its bill back; what a person changed here stays")
  func withdrawn() throws {
    let world = try started()
    try world.sync()
    world.mirror.give(Self.table, "recB", Self.bill, posting: false)
    try world.sync()
    #expect(try bills(world).isEmpty)
    #expect(try steps(world).suffix(2) == ["airtable recall", "airtable delete"])
    world.mirror.give(Self.table, "recB", Self.bill)
    try world.sync()
    try perform(world, BillRequest(.recall))
    let bill = try #require(try bills(world).first)
    var draft = try #require(try world.world.store.billDraft(bill.localID))
    draft.memo = "mine"
    _ = try world.world.store.editBill(bill.localID, to: draft, by: "bob")
    world.mirror.give(Self.table, "recB", Self.bill, posting: false)
    try world.sync()
    #expect(try bills(world).map(\.approval) == [.draft])
  }

  @Test("a draft with the reference of another bill waits here until somebody means it")
  func duplicate() throws {
    let world = try started()
    try world.sync()
    world.mirror.give(Self.table, "recC", Self.bill)
    try world.sync()
    let told = try #require(world.mirror.born(Self.table, "recC")).postResult
    #expect(told.contains("has the same reference number"), "\(told)")
    #expect(try bills(world).count { $0.approval == .draft } == 1)
    let draft = try #require(try bills(world).first { $0.approval == .draft })
    _ = try world.world.store.perform(
      BillRequest(.submit, allowsDuplicate: true), on: draft.localID, by: "ann")
    try world.sync()
    #expect(
      world.mirror.born(Self.table, "recC")?.postResult == "It waits for approval in Rentbook.")
    #expect(try world.world.deadLetters().isEmpty)
  }

  @Test(
    "a bill that a person entered at Buildium too is not made a second time, and the row says why",
    arguments: [false, true])
  func twin(isLate: Bool) throws {
    let world = try started()
    func enter() {
      world.source.put(
        .bills, "77",
        [
          "vendor_id": link(.vendors, "40"), "reference_number": .text("INV-7"),
          "date": date("2026-03-10"), "due_date": date("2026-03-20"),
        ])
    }
    if !isLate { enter() }
    try world.sync()
    if isLate {
      try perform(world, BillRequest(.approve))
      enter()
      try world.sync()
    }
    #expect(creates(world).isEmpty)
    #expect(result(world).contains("has it already as buildium/bills/77"), "\(result(world))")
    var other = Self.bill
    other["reference"] = .text("INV-8")
    guard !isLate else { return }
    world.mirror.give(Self.table, "recB", other)
    try world.sync()
    let bill = try #require(try bills(world, "INV-8").first)
    _ = try world.world.store.perform(BillRequest(.approve), on: bill.localID, by: "bob")
    try world.sync()
    #expect(creates(world).count == 1)
  }

  @Test(
    "whatever becomes of the answer, exactly one bill is made",
    arguments: [ScriptedWriter.Fault.lostBefore, .lostAfter, .notSent])
  func lost(_ fault: ScriptedWriter.Fault) throws {
    let world = try started()
    try world.sync()
    try perform(world, BillRequest(.approve))
    let done = world.writer.state.withLock(\.calls)
    world.writer.state.withLock { $0.fault = { $0 == done + 1 ? fault : nil } }
    for _ in 0..<3 { _ = try? world.sync() }
    #expect(creates(world) == ["create bills 901"])
    let made = key(.bills, "901")
    #expect(world.mirror.sink.rows(.bills).count { $0.key == made } == 1)
    #expect(world.mirror.born(Self.table, "recB") == nil)
    #expect(try bills(world).count == 1)
  }

  @Test("what the service refuses after the approval stands in the row")
  func refusedLate() throws {
    let world = try started()
    try world.sync()
    try perform(world, BillRequest(.approve))
    world.writer.state.withLock { $0.fault = { _ in .refused } }
    try world.sync()
    #expect(result(world).hasPrefix("Bill INV-7 was not sent to Buildium: "), "\(result(world))")
  }

  @Test("wherever a run is cut off, one bill is made and the row is its only mirror")
  func cutOff() throws {
    func prepare() throws -> TwoWayWorld {
      let world = try started()
      try world.sync()
      try perform(world, BillRequest(.approve))
      return world
    }
    let measure = Cut(at: .max)
    let measured = try prepare()
    _ = try measured.engine(cut: measure.reach).run(SyncOptions())
    #expect(measure.passed > 20)
    var place = 1
    while place <= measure.passed {
      let world = try prepare()
      _ = try? world.engine(cut: Cut(at: place).reach).run(SyncOptions())
      try world.world.reopen()
      for _ in 0..<3 { try world.sync() }
      let note = Comment(rawValue: "cut off at place \(place)")
      #expect(creates(world) == ["create bills 901"], note)
      #expect(world.mirror.sink.rows(.bills).count { $0.key == key(.bills, "901") } == 1, note)
      #expect(try bills(world).map(\.buildiumID) == [901], note)
      #expect(world.mirror.born(Self.table, "recB") == nil, note)
      place += 5
    }
  }
}
