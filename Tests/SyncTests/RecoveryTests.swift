import Domain
import Storage
import Testing

@testable import Sync

/// What an older store, another column or a clock that is wrong must not do.
@Suite("Stores, columns and clocks that are not what they were") struct RecoveryTests {
  private let ada = key(.owners, "1")

  @Test("a column that was deleted and made again empty clears nothing, and is filled again")
  func renewedColumn() throws {
    let world = try TwoWayWorld()
    try world.start()
    world.mirror.renewColumn(.owners, "email")
    for _ in 1...2 { try world.sync() }
    #expect(world.record(ada)?["email"] == .text("ada@example.com"))
    #expect(world.row(ada)["email"] == .text("ada@example.com"))
    #expect(try world.conflicts().isEmpty)
  }

  @Test("what was typed into a column while it could not be read is found once it can be")
  func columnThatCameBack() throws {
    let world = try TwoWayWorld()
    try world.start()
    world.mirror.people.withLock { $0.missing = ["owners.email"] }
    try world.sync()
    // The feed does not tell of it.
    world.mirror.edit(ada, "email", .text("typed@example.com"))
    world.mirror.people.withLock { people in
      people.feed.removeLast()
      people.missing = []
    }
    try world.sync()
    #expect(world.record(ada)?["email"] == .text("typed@example.com"))
  }

  @Test("under a store put back from a copy no row is made twice, and none overwritten unseen")
  func restored() throws {
    let world = try TwoWayWorld()
    try world.start()
    try world.world.backUp()
    world.source.put(.owners, "7", ["first_name": .text("Mary"), "email": .text("m@example.com")])
    try world.sync()
    let mary = key(.owners, "7")
    world.mirror.edit(mary, "email", .text("typed@example.com"))
    try world.world.restore()
    world.mirror.sink.clearJournal()
    for _ in 1...2 { try world.sync() }
    #expect(world.mirror.sink.rows(.owners).count { $0.key == mary } == 1)
    #expect(world.mirror.sink.journal.allSatisfy { !$0.hasPrefix("create") })
    #expect(world.row(mary)["email"] == .text("typed@example.com"))
    #expect(world.record(mary)?["email"] == .text("m@example.com"))
    #expect(try world.conflicts().map(\.field) == ["email"])
  }

  @Test(
    "a row that was given the key of a record without one stays whose it was, and a person is told")
  func rekeyed() throws {
    let world = try TwoWayWorld()
    try world.start()
    let mary = key(.owners, "7")
    world.mirror.sink.state.withLock { state in
      for id in (state.tables[.owners] ?? [:]).keys
      where state.tables[.owners]?[id]?.key == ada {
        state.tables[.owners]?[id]?.key = mary
      }
    }
    world.source.put(.owners, "7", ["first_name": .text("Mary"), "email": .text("m@example.com")])
    for _ in 1...2 { try world.sync() }
    let row = world.mirror.sink.rows(.owners).filter { $0.key == mary }
    #expect(row.count == 1)
    #expect(row.first?.fields["email"] != .text("m@example.com"))
    #expect(try world.world.deadLetters().contains { $0.key == mary })
  }

  @Test(
    "changes are asked for by the service's clock, however wrong this machine's is",
    arguments: [-600_000, 600_000, -86_400_000] as [Int64])
  func clocks(_ lead: Int64) throws {
    let world = try World()
    world.source.set(\.incremental, [.owners])
    world.source.set(\.lead, lead)
    world.source.put(.owners, "1", ["first_name": .text("Ada")])
    try world.sync(SyncOptions(resources: [.owners]))
    for round in 1...3 {
      world.source.change(.owners, "1", "first_name", .text("Ada \(round)"))
      try world.sync(SyncOptions(resources: [.owners]))
      #expect(world.sink.row(key(.owners, "1"))?.fields["first_name"] == .text("Ada \(round)"))
    }
  }

  @Test("where runs follow each other by themselves, an edit waits until nobody types any more")
  func settling() throws {
    let world = try TwoWayWorld()
    try world.start()
    var options = SyncOptions()
    options.settleSeconds = SyncOptions.typingSeconds
    world.mirror.edit(ada, "email", .text("h"))
    _ = try world.engine().run(options)
    #expect(world.writer.journal.isEmpty)
    world.clock.advance(nanoseconds: 10_000_000_000)
    world.mirror.edit(ada, "email", .text("half@example.com"))
    _ = try world.engine().run(options)
    world.clock.advance(nanoseconds: 10_000_000_000)
    _ = try world.engine().run(options)
    #expect(world.writer.journal.isEmpty)
    world.clock.advance(nanoseconds: 6_000_000_000)
    _ = try world.engine().run(options)
    #expect(world.writer.journal == ["change buildium/owners/1 email"])
    #expect(world.record(ada)?["email"] == .text("half@example.com"))
  }
}
