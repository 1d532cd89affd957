import Background
import Domain
import Storage
import Testing

@testable import Sync

@Suite("Settling conflicts") struct TwoWayConflictTests {
  private let ada = key(.owners, "1")

  private func held() throws -> (TwoWayWorld, ConflictDesk, ConflictRow) {
    let world = try TwoWayWorld()
    try world.start()
    world.mirror.edit(ada, "email", .text("right@example.com"))
    world.source.change(.owners, "1", "email", .text("left@example.com"))
    try world.sync()
    let desk = ConflictDesk(world.world.store)
    return (world, desk, try #require(try desk.list().first))
  }

  @Test(
    "a choice is written to the side that lost, and both values that go are on record",
    arguments: [
      (ConflictRow.Outcome.left, "left@example.com"), (.right, "right@example.com"),
      (.base, "ada@example.com"), (.value, "own@example.com"),
    ])
  func choices(_ pick: ConflictRow.Outcome, _ expected: String) throws {
    let (world, desk, conflict) = try held()
    let decision = ConflictDesk.Decision(id: conflict.id, pick: pick, value: "own@example.com")
    let preview = try desk.preview([decision])
    try desk.decide([decision], by: "ada")
    try world.sync()
    try world.sync()
    #expect(world.record(ada)?["email"] == .text(expected))
    #expect(world.row(ada)["email"] == .text(expected))
    #expect(try desk.list().isEmpty)
    let settled = try desk.show(conflict.id).0
    #expect(settled.state == .settled && settled.outcome == pick && settled.chosenBy == "ada")
    let gone = Set(["left@example.com", "right@example.com"]).subtracting([expected])
    let lost = try world.journal().filter { $0.kind == .resolved }.compactMap(\.old?.string)
    #expect(Set(lost) == gone)
    let written = world.writer.journal.count + world.mirror.sink.journal.count
    #expect(written == preview.count)
  }

  @Test(
    "a choice that Buildium refuses waits again with its words, and is carried out once it takes it",
    arguments: [ConflictRow.Outcome.right, .value, .base])
  func refusedLeft(_ pick: ConflictRow.Outcome) throws {
    let (world, desk, conflict) = try held()
    let decision = ConflictDesk.Decision(id: conflict.id, pick: pick, value: "own@example.com")
    world.writer.state.withLock { $0.fault = { _ in .refused } }
    try desk.decide([decision], by: "ada")
    #expect(try world.sync().needsPerson)
    for _ in 1...2 {
      let row = try #require(try desk.list().first)
      #expect(row.id == conflict.id && row.state == .open && row.choice == nil)
      #expect(row.refusal?.contains("buildium/owners/1") == true, "\(row.refusal ?? "")")
      // Neither side was touched, and nothing else waits for a person.
      #expect(world.record(ada)?["email"] == .text("left@example.com"))
      #expect(world.row(ada)["email"] == .text("right@example.com"))
      #expect(try world.world.status(.owners).deadLetters == 0)
      try world.sync()
    }
    let told = try world.journal().filter { $0.kind == .refused }
    #expect(told.count == 1 && told[0].note.contains("buildium/owners/1"))
    #expect(
      try world.journal().contains { $0.kind == .undone && $0.note.contains("waits for a person") })
    world.writer.state.withLock { $0.fault = nil }
    try desk.decide([decision], by: "ada")
    try world.sync()
    try world.sync()
    #expect(try desk.list().isEmpty)
    #expect(world.record(ada)?["email"] == world.row(ada)["email"])
    #expect(try desk.show(conflict.id).0.outcome == pick)
  }

  @Test(
    "a choice that the mirror refuses waits again, though Buildium took it, and goes either way")
  func refusedRight() throws {
    for next in [ConflictRow.Outcome.left, .right, .value] {
      let (world, desk, conflict) = try held()
      world.mirror.sink.set(\.poison, [ada])
      try desk.decide(
        [.init(id: conflict.id, pick: .value, value: "own@example.com")], by: "ada")
      try world.sync()
      try world.sync()
      let row = try #require(try desk.list().first)
      #expect(row.state == .open && row.left == "own@example.com", "\(row)")
      #expect(row.right == "right@example.com")
      #expect(row.refusal?.contains("not accepted") == true)
      #expect(world.row(ada)["email"] == .text("right@example.com"))
      // Nothing moves before a person says so.
      try world.sync()
      #expect(world.record(ada)?["email"] == .text("own@example.com"))
      world.mirror.sink.set(\.poison, [])
      try desk.decide(
        [.init(id: conflict.id, pick: next, value: "third@example.com")], by: "ada")
      try world.sync()
      try world.sync()
      let expected =
        next == .left
        ? "own@example.com" : next == .right ? "right@example.com" : "third@example.com"
      #expect(world.record(ada)?["email"] == .text(expected))
      #expect(world.row(ada)["email"] == .text(expected))
      #expect(try desk.list().isEmpty)
      #expect(try !world.sync().needsPerson)
    }
  }

  @Test("what goes with a refused choice is sent without it")
  func restOfWrite() throws {
    let (world, desk, conflict) = try held()
    world.mirror.edit(ada, "phone", .text("919-555-0100"))
    try desk.decide([.init(id: conflict.id, pick: .right)], by: "ada")
    world.writer.state.withLock { $0.fault = { $0 == 1 ? .refused : nil } }
    try world.sync()
    try world.sync()
    #expect(world.record(ada)?["email"] == .text("left@example.com"))
    #expect(try desk.list().map(\.state) == [.open])
    #expect(world.writer.journal.count == 1, "\(world.writer.journal)")
  }

  @Test("a choice can be taken back until it is sent, and not afterwards")
  func undo() throws {
    let (world, desk, conflict) = try held()
    try desk.decide([.init(id: conflict.id, pick: .left)], by: "ada")
    try desk.decide([.init(id: conflict.id, pick: nil)], by: "ada")
    try world.sync()
    #expect(world.row(ada)["email"] == .text("right@example.com"))
    #expect(try desk.list().map(\.state) == [.open])
    try desk.decide([.init(id: conflict.id, pick: .left)], by: "ada")
    try world.sync()
    #expect(throws: ConflictDesk.Refusal.settled(conflict.id)) {
      try desk.decide([.init(id: conflict.id, pick: nil)], by: "ada")
    }
  }

  @Test("a choice made on values that changed since is not taken, nor carried out")
  func stale() throws {
    let (world, desk, conflict) = try held()
    #expect {
      try desk.decide(
        [.init(id: conflict.id, pick: .left, shown: Sides(left: "older", right: conflict.right))],
        by: "ada")
    } throws: { error in
      if case .changed? = error as? ConflictDesk.Refusal { true } else { false }
    }
    try desk.decide([.init(id: conflict.id, pick: .left)], by: "ada")
    world.mirror.edit(ada, "email", .text("later@example.com"))
    #expect(try world.sync().needsPerson)
    #expect(world.row(ada)["email"] == .text("later@example.com"))
    let row = try #require(try desk.list().first)
    #expect(row.id == conflict.id && row.state == .open && row.right == "later@example.com")
  }

  @Test("decisions are taken all or none, and a value must fit its field")
  func allOrNone() throws {
    let (world, desk, conflict) = try held()
    #expect(throws: ConflictDesk.Refusal.unknown(99)) {
      try desk.decide(
        [.init(id: conflict.id, pick: .left), .init(id: 99, pick: .left)], by: "ada")
    }
    #expect(try desk.list().map(\.state) == [.open])
    world.mirror.edit(key(.units, "10"), "market_rent", money("1"))
    world.source.change(.units, "10", "market_rent", money("2"))
    try world.sync()
    let rent = try #require(try desk.list(.units).first)
    #expect(throws: ConflictDesk.Refusal.unfit(field: "market_rent", value: "much")) {
      try desk.decide([.init(id: rent.id, pick: .value, value: "much")], by: "ada")
    }
    try desk.decide([.init(id: rent.id, pick: .value, value: "1400.00")], by: "ada")
    try world.sync()
    try world.sync()
    #expect(world.record(key(.units, "10"))?["market_rent"] == money("1400"))
    #expect(world.row(key(.units, "10"))["market_rent"] == money("1400"))
  }

  @Test("of decisions on what was shown, those whose values changed since are left out by number")
  func unchanged() throws {
    let (world, desk, conflict) = try held()
    world.mirror.edit(key(.owners, "2"), "email", .text("r2@example.com"))
    world.source.change(.owners, "2", "email", .text("l2@example.com"))
    try world.sync()
    let other = try #require(try desk.list().first { $0.id != conflict.id })
    let outdated = Sides<JSONValue?>(left: "older@example.com", right: other.right)
    let (taken, stale) = try desk.decideUnchanged(
      [
        .init(
          id: conflict.id, pick: .left,
          shown: Sides(left: conflict.left, right: conflict.right)),
        .init(id: other.id, pick: .left, shown: outdated), .init(id: 99, pick: .left),
      ], by: "ada")
    #expect(taken.map(\.id) == [conflict.id] && taken.first?.state == .staged)
    #expect(stale == [other.id, 99])
    #expect(try desk.show(other.id).0.state == .open)
    try world.sync()
    #expect(
      try desk.decideUnchanged([.init(id: conflict.id, pick: .left)], by: "ada").stale.count == 1)
  }

  @Test("a record gone at the service and edited in the mirror goes or stays as a person says")
  func wholeRecord() throws {
    let world = try TwoWayWorld()
    try world.start()
    world.mirror.edit(ada, "email", .text("right@example.com"))
    world.source.remove(.owners, "1")
    try world.sync()
    let desk = ConflictDesk(world.world.store)
    let conflict = try #require(try desk.list().first)
    #expect(conflict.field == nil)
    try desk.decide([.init(id: conflict.id, pick: .left)], by: "ada")
    try world.sync()
    #expect(world.mirror.sink.row(ada) == nil)
    #expect(try desk.list().isEmpty)
    let kept = try world.journal().first { $0.kind == .deleted }
    #expect(kept?.old?["email"] == "right@example.com")
  }

  @Test("a rule settles what it names, and what it decides is on record")
  func rule() throws {
    let (world, desk, _) = try held()
    let now = Instant(milliseconds: world.clock.wallMilliseconds)
    try world.world.store.writeSync { records throws(StorageError) in
      try records.set(
        SyncRule(
          resource: .owners, field: "email", policy: .airtable, setBy: "ada", setAt: now))
    }
    world.source.change(.owners, "1", "phone_mobile", .text("1"))
    try world.sync()
    #expect(world.record(ada)?["email"] == .text("right@example.com"))
    #expect(try desk.list().isEmpty)
    let lost = try world.journal().filter { $0.kind == .overwritten }
    #expect(lost.map(\.old) == ["left@example.com"])
  }

  @Test("how conflicts went is counted by field, policy, outcome and day")
  func statistics() throws {
    let (world, desk, conflict) = try held()
    world.clock.advance(nanoseconds: 3_600_000_000_000)
    try desk.decide([.init(id: conflict.id, pick: .left)], by: "ada")
    try world.sync()
    let all = try desk.statistics()
    #expect(all.open == 0 && all.settled == 1)
    #expect(all.byField.map(\.name) == ["owners.email"])
    #expect(all.byPolicy.map(\.name) == ["newest"])
    #expect(all.byOutcome.map(\.name) == ["left"])
    let seconds = try #require(all.medianSecondsToSettle)
    #expect(seconds >= 3_600)
  }

  @Test("the journal tells when a row of it was changed or removed")
  func seals() throws {
    let (world, _, _) = try held()
    let broken = try world.world.store.readSync { state throws(StorageError) in
      try state.firstBrokenSeal()
    }
    #expect(broken == nil)
    #expect(try world.journal().contains { $0.kind == .conflict })
  }
}
