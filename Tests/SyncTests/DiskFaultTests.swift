import CSQLite
import Domain
import Storage
import Testing

@testable import Sync

/// The disk under the store fails at chosen calls, as SQLite's own tests have it fail.
@Suite("A disk that fails", .serialized) struct DiskFaultTests {
  /// So many places of each kind of fault; each is a synchronization of two small services.
  private static let places = 8
  /// Runs after which a transient fault must be overcome.
  private static let runsMax = 4

  private static let only = SyncOptions(resources: [.glAccounts, .owners, .transactions])
  private static let ada = key(.owners, "1")

  /// In step, then edited on both sides, with a row that waits to be posted.
  private static func prepare() throws -> TwoWayWorld {
    try #require(FaultyDisk.install())
    let world = try TwoWayWorld(name: FaultyDisk.folder)
    world.source.put(.glAccounts, "3", ["name": .text("Rent Income"), "type": .text("Income")])
    for id in ["1", "2"] {
      world.source.put(
        .owners, id, ["first_name": .text("Ada"), "email": .text("\(id)@example.com")])
    }
    try world.sync(only)
    world.mirror.edit(ada, "email", .text("right@example.com"))
    world.source.change(.owners, "2", "last_name", .text("Byron"))
    world.source.put(.owners, "3", ["first_name": .text("Mary")])
    world.mirror.give(
      .of(.transactions), "recA",
      [
        "date": date("2026-03-10"), "type": .text("Charge"), "amount": money("75.50"),
        "memo": .text("Lost key"), "lease_id": link(.leases, "30"),
        "gl_account_ids": links(.glAccounts, "3"),
      ])
    return world
  }

  @Test(
    "whichever call to the disk fails, nothing is lost and nothing is made twice",
    arguments: [
      (SQLITE_FULL, "full"), (SQLITE_IOERR, "I/O error"), (SQLITE_BUSY, "busy"),
      (SQLITE_FULL, "full for good"),
    ])
  func everyCall(_ code: Int32, _ name: String) throws {
    let calm = try Self.prepare()
    let (calls, _) = try FaultyDisk.under(nil) { try calm.sync(Self.only) }
    #expect(calls > 50)
    var struck = 0
    for place in 0..<Self.places {
      let world = try Self.prepare()
      let plan = FaultyDisk.Plan(
        code: code, call: 1 + place * calls / Self.places, lasts: name.hasSuffix("good"))
      struck += FaultyDisk.under(plan) { _ = try? world.engine().run(Self.only) }.struck
      // The fault is over, and the program is started again.
      try world.world.reopen()
      for _ in 0..<Self.runsMax { try world.sync(Self.only) }
      let note = Comment(rawValue: "\(name) at call \(plan.call)")
      #expect(world.record(Self.ada)?["email"] == .text("right@example.com"), note)
      #expect(world.row(Self.ada)["email"] == .text("right@example.com"), note)
      #expect(world.row(key(.owners, "2"))["last_name"] == .text("Byron"), note)
      #expect(world.writer.journal.filter { $0.hasPrefix("create") }.count == 1, note)
      for resource in [Resource.owners, .transactions] {
        let keys = world.mirror.sink.rows(resource).map(\.key)
        #expect(Set(keys).count == keys.count, note)
      }
      #expect(world.mirror.sink.rows(.owners).count == 3, note)
      #expect(try world.world.store.check().isEmpty, note)
      #expect(
        try world.world.store.readSync { state throws(StorageError) in
          try state.firstBrokenSeal()
        } == nil, note)
    }
    #expect(struck >= Self.places / 2, "the disk hardly failed")
  }
}
