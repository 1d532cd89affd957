import Background
import Domain
import Storage
import Testing

@testable import Sync

@Suite("Rows born in the mirror") struct TwoWayPostingTests {
  private static let table = ObservedTable.of(.transactions)
  private static let charge: FieldValues = [
    "date": date("2026-03-10"), "type": .text("Charge"), "amount": money("75.50"),
    "memo": .text("Lost key"), "lease_id": link(.leases, "30"),
    "gl_account_ids": links(.glAccounts, "3"),
  ]

  private func started() throws -> TwoWayWorld {
    let world = try TwoWayWorld()
    try world.start()
    return world
  }

  private func creates(_ world: TwoWayWorld) -> [String] {
    world.writer.journal.filter { $0.hasPrefix("create") }
  }

  @Test("an accepted row is created once, learns its key, and is the record's only row")
  func accepted() throws {
    let world = try started()
    world.mirror.give(Self.table, "recA", Self.charge)
    let report = try world.sync()
    #expect(report.rows.first { $0.resource == .transactions }?.sourceCreated == 1)
    for _ in 0..<2 { try world.sync(SyncOptions(isFull: true)) }
    #expect(creates(world) == ["create transactions 901"])
    let made = key(.transactions, "901")
    let rows = world.mirror.sink.rows(.transactions).filter { $0.key == made }
    #expect(rows.count == 1)
    #expect(rows.first?.fields["memo"] == .text("Lost key"))
    let answer = try #require(world.mirror.people.withLock(\.answers).first)
    #expect(answer.key == made)
    #expect(answer.postResult?.hasPrefix("Posted to Buildium") == true)
  }

  @Test(
    "a row that is not accepted is told why, waits among the dead letters, and goes when mended")
  func refused() throws {
    let world = try started()
    var row = Self.charge
    row["amount"] = money("-1")
    row["memo"] = .text("bad")
    world.mirror.give(Self.table, "recA", row)
    #expect(try world.sync().needsPerson)
    let told = try #require(world.mirror.born(Self.table, "recA"))
    #expect(told.postResult.contains("Amount is -1.00"))
    let letter = try #require(try world.world.deadLetters().first)
    #expect(letter.id == "b:transactions:recA" && letter.message == told.postResult)
    try world.sync()
    #expect(creates(world).isEmpty)
    world.mirror.give(Self.table, "recA", Self.charge)
    try world.sync()
    #expect(creates(world).count == 1)
    #expect(try world.world.deadLetters().isEmpty)
  }

  @Test("the service's own rules are asked before anything is sent")
  func rules() throws {
    let world = try started()
    var row = Self.charge
    row["memo"] = .text("bad")
    world.mirror.give(Self.table, "recA", row)
    try world.sync()
    #expect(world.writer.state.withLock(\.calls) == 0)
    #expect(world.mirror.born(Self.table, "recA")?.postResult == "Not posted: The memo is bad.")
  }

  @Test("a row that does not ask is left alone, and so is one that stopped asking")
  func unasked() throws {
    let world = try started()
    world.mirror.give(Self.table, "recA", Self.charge, posting: false)
    var bad = Self.charge
    bad["memo"] = .text("bad")
    world.mirror.give(Self.table, "recB", bad)
    try world.sync()
    world.mirror.give(Self.table, "recB", bad, posting: false)
    try world.sync()
    #expect(creates(world).isEmpty)
    #expect(try world.world.deadLetters().isEmpty)
  }

  @Test(
    "whatever becomes of the answer, exactly one record is made",
    arguments: [ScriptedWriter.Fault.lostBefore, .lostAfter, .notSent])
  func lost(_ fault: ScriptedWriter.Fault) throws {
    let world = try started()
    world.writer.state.withLock { $0.fault = { $0 == 1 ? fault : nil } }
    world.mirror.give(Self.table, "recA", Self.charge)
    for _ in 0..<3 { _ = try? world.sync() }
    #expect(creates(world) == ["create transactions 901"])
    let made = key(.transactions, "901")
    #expect(world.mirror.sink.rows(.transactions).count { $0.key == made } == 1)
    #expect(world.mirror.born(Self.table, "recA") == nil)
  }

  @Test(
    "under a store put back to where a create was in doubt, nothing is made twice or overwritten")
  func restoredInDoubt() throws {
    let world = try started()
    let (store, copy) = (world.world.store, "\(world.world.folder)/copy.db")
    world.writer.state.withLock {
      $0.fault = { call in
        // The copy is taken while the first try is on its way, of which nothing ever arrives.
        if call == 1 { try? store.backup(to: copy) }
        return call == 1 ? .notSent : nil
      }
    }
    world.mirror.give(Self.table, "recA", Self.charge)
    for _ in 0..<2 { _ = try? world.sync() }
    #expect(creates(world) == ["create transactions 901"])
    let made = key(.transactions, "901")
    world.mirror.edit(made, "memo", .text("typed since"))
    try world.world.restore()
    let doubtful = try world.world.store.readSync { state throws(StorageError) in
      try state.born(.airtable, Self.table.name, in: [.inflight], limit: 9).map(\.remoteID)
    }
    #expect(doubtful == ["recA"])
    for _ in 0..<3 { try world.sync(SyncOptions(isFull: true)) }
    #expect(creates(world) == ["create transactions 901"])
    #expect(world.mirror.sink.rows(.transactions).count { $0.key == made } == 1)
    let kept = try world.journal().compactMap { $0.old?.string }
    #expect(world.row(made)["memo"] == .text("typed since") || kept.contains("typed since"))
  }

  @Test("wherever a run is cut off, edits, choices and new rows end as if it had not been")
  func cutOff() throws {
    let only = SyncOptions(resources: [.glAccounts, .owners, .transactions])
    let ada = key(.owners, "1")
    func prepare() throws -> TwoWayWorld {
      let world = try TwoWayWorld()
      world.source.put(.glAccounts, "3", ["name": .text("Rent Income"), "type": .text("Income")])
      for id in ["1", "2"] {
        world.source.put(
          .owners, id, ["first_name": .text("Ada"), "email": .text("\(id)@example.com")])
      }
      _ = try world.sync(only)
      world.mirror.edit(ada, "email", .text("right@example.com"))
      world.source.change(.owners, "1", "email", .text("left@example.com"))
      _ = try world.sync(only)
      let desk = ConflictDesk(world.world.store)
      let conflict = try #require(try desk.list().first)
      try desk.decide([.init(id: conflict.id, pick: .value, value: "both@example.com")], by: "ada")
      world.mirror.edit(key(.owners, "2"), "email", .text("new@example.com"))
      world.source.change(.owners, "2", "last_name", .text("Byron"))
      world.mirror.give(Self.table, "recA", Self.charge)
      world.writer.state.withLock { $0.journal = [] }
      return world
    }
    let measured = try prepare()
    let measure = Cut(at: .max)
    _ = try measured.engine(cut: measure.reach).run(only)
    #expect(measure.passed > 40)
    var place = 1
    while place <= measure.passed {
      let world = try prepare()
      let cut = Cut(at: place)
      _ = try? world.engine(cut: cut.reach).run(only)
      try world.world.reopen()
      for _ in 0..<3 { try world.sync(only) }
      let note = Comment(rawValue: "cut off at place \(place)")
      #expect(creates(world) == ["create transactions 901"], note)
      #expect(world.mirror.sink.rows(.transactions).count == 1, note)
      #expect(world.record(ada)?["email"] == .text("both@example.com"), note)
      #expect(world.row(ada)["email"] == .text("both@example.com"), note)
      #expect(world.record(key(.owners, "2"))?["email"] == .text("new@example.com"), note)
      #expect(world.row(key(.owners, "2"))["last_name"] == .text("Byron"), note)
      #expect(try world.conflicts().isEmpty, note)
      let lost = try world.journal().filter { $0.kind == .resolved }.compactMap(\.old?.string)
      #expect(Set(lost) == ["left@example.com", "right@example.com"], note)
      #expect(
        try world.world.store.readSync { state throws(StorageError) in
          try state.firstBrokenSeal()
        } == nil, note)
      world.mirror.sink.clearJournal()
      world.writer.state.withLock { $0.journal = [] }
      try world.sync(SyncOptions(isFull: true, resources: only.resources))
      #expect(world.mirror.sink.journal.isEmpty && world.writer.journal.isEmpty, note)
      place += 3
    }
  }
}
