import Background
import Domain
import Glibc
import Testing

@testable import Storage
@testable import Sync

@Suite("What the store keeps of a synchronization") struct StateTests {
  @Test(
    "what is looked up among a million rows is found through an index",
    arguments: [
      (
        "SELECT base FROM sync_state WHERE service = 'a' AND resource = 'r' AND local_id = 'x'",
        "sqlite_autoindex_sync_state_1 (service=? AND resource=? AND local_id=?)"
      ),
      (
        "SELECT base FROM sync_state WHERE service = 'a' AND resource = 'r' AND remote_id = 'x'",
        "sync_state_remote (service=? AND resource=? AND remote_id=?)"
      ),
      (
        """
        SELECT base FROM sync_state WHERE service = 'a' AND resource = 'r' AND dirty > 0
          AND waiting_reason IS NULL AND local_id > 'x' ORDER BY local_id LIMIT 10
        """,
        "sync_state_dirty (service=? AND resource=? AND waiting_reason=? AND local_id>?)"
      ),
      (
        """
        SELECT COUNT(*) FROM sync_state WHERE service = 'a' AND resource = 'r' AND dirty > 0
          AND waiting_reason IS NULL
        """, "COVERING INDEX sync_state_dirty"
      ),
      (
        """
        SELECT COUNT(*) FROM sync_state WHERE service = 'a' AND resource = 'r'
          AND remote_id IS NOT NULL
        """, "COVERING INDEX sync_state_remote"
      ),
      (
        "SELECT COUNT(*) FROM sync_state WHERE service = 'a' AND resource = 'r' AND gone = 1",
        "COVERING INDEX sync_state_gone"
      ),
      (
        """
        SELECT id FROM outbox WHERE state = 'doubt' AND service = 'a' AND resource = 'r'
          ORDER BY id LIMIT 9
        """, "outbox_state (state=? AND service=? AND resource=?)"
      ),
      (
        """
        SELECT milliseconds FROM sync_latency WHERE confirmed_at >= 'a' AND confirmed_at < 'b'
          ORDER BY confirmed_at DESC LIMIT 9
        """, "COVERING INDEX sync_latency_time"
      ),
    ])
  func plans(_ sql: String, _ index: String) throws {
    let world = try World()
    let plan = try world.store.read { (connection) throws(StorageError) in
      try connection.rows("EXPLAIN QUERY PLAN \(sql)") { (row) throws(StorageError) in row.text(3) }
    }
    #expect(plan.contains { $0.contains(index) }, "\(plan)")
    #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
  }

  @Test("a change is timed from its event to its arrival, a first load is not")
  func latency() throws {
    let world = try World()
    world.source.fillSmall()
    try world.sync()
    let now = Instant(milliseconds: world.clock.wallMilliseconds)
    #expect(try world.store.latency(day: now.date).summary.count == 0)
    world.source.change(.units, "10", "market_rent", money("1"))
    world.clock.advance(nanoseconds: 3_000_000_000)
    try world.sync()
    let day = try world.store.latency(day: now.date)
    // Three seconds until the sync was asked for and one within it.
    #expect(day.summary.count == 1)
    #expect(day.summary.p50Milliseconds == 4000)
    #expect(day.buckets == [LatencyDay.Bucket(upToMilliseconds: 5000, count: 1)])
  }

  @Test("a change whose time nobody tells is taken to be from the middle between two looks")
  func untimed() throws {
    let world = try World()
    world.source.fillSmall()
    try world.sync()
    let looked = Instant(milliseconds: world.clock.wallMilliseconds)
    world.clock.advance(nanoseconds: 40_000_000_000)
    world.source.change(.units, "10", "market_rent", money("1"), isTimed: false)
    let found = Instant(milliseconds: world.clock.wallMilliseconds)
    try world.sync()
    let day = try world.store.latency(day: found.date)
    #expect(day.summary.count == 1)
    let milliseconds = Int64(try #require(day.summary.p50Milliseconds))
    let now = Instant(milliseconds: world.clock.wallMilliseconds)
    // Half of the forty seconds, and what the two runs took themselves.
    #expect(milliseconds >= 20_000)
    #expect(milliseconds <= 20_000 + now.milliseconds - found.milliseconds + 2_000)
    #expect(milliseconds < now.milliseconds - looked.milliseconds)
  }

  @Test("percentiles are values that were measured")
  func percentiles() throws {
    let world = try World()
    let now = Instant(milliseconds: world.clock.wallMilliseconds)
    try world.store.writeSync { (records) throws(StorageError) in
      for milliseconds in 1...200 {
        let event = now.adding(milliseconds: -Int64(milliseconds))
        try records.sync.recordArrival(
          of: key(.units, "1"), SinkRow.Stages(event: event, received: event, stored: event),
          sent: now, confirmed: now)
      }
    }
    let summary = try world.store.latency(day: now.date).summary
    #expect(
      (summary.p50Milliseconds, summary.p95Milliseconds, summary.p99Milliseconds)
        == (100, 190, 198))
    // The distribution answers when the samples are gone.
    try world.store.writeSync { (records) throws(StorageError) in
      try records.sync.forgetOldSamples(at: now.adding(milliseconds: 30 * 86_400_000))
    }
    let later = try world.store.latency(day: now.date).summary
    #expect((later.p50Milliseconds, later.p99Milliseconds, later.count) == (100, 200, 200))
  }

  @Test("secrets stand neither in the base nor in the outbox, and a changed one is noticed")
  func secrets() throws {
    let world = try World()
    world.source.put(
      .owners, "1", ["first_name": .text("Ada"), "tax_payer_id": .text("123-45-6789")])
    try world.sync()
    let texts = try world.store.read { (connection) throws(StorageError) in
      try connection.rows("SELECT base FROM sync_state") { (row) throws(StorageError) in
        row.text(0)
      }
    }
    #expect(!texts.isEmpty && !texts.contains { $0.contains("6789") })
    world.source.change(.owners, "1", "tax_payer_id", .text("987-65-4321"))
    world.sink.clearJournal()
    let report = try world.sync()
    #expect(report.rows.first { $0.resource == .owners }?.updated == 1)
    #expect(world.sink.journal == [])
    let again = try world.sync()
    #expect(again.rows.first { $0.resource == .owners }?.unchanged == 1)
  }

  @Test("a record the store cannot hold is told and holds up no other")
  func refusedByTheStore() throws {
    let world = try World()
    world.source.set(\.pageSize, 10)
    // The store's dates have four digits for the year; nothing a service should send has more.
    let beyond = CalendarDate(daysSince1970: 4_000_000)
    for id in ["10", "11", "12"] {
      world.source.put(
        .owners, id,
        [
          "last_name": .text("Owner \(id)"),
          "management_agreement_end_date": id == "12" ? .date(beyond) : .null,
        ])
    }
    let report = try world.sync()
    let owners = try #require(report.rows.first { $0.resource == .owners })
    #expect((owners.created, owners.failed) == (2, 1))
    #expect(report.messages.contains { $0.contains("buildium/owners/12 cannot be stored") })
    #expect(world.sink.rows(.owners).map(\.key.id) == ["10", "11"])
    #expect(try world.pull(.owners)?.completeAt != nil)
  }

  @Test("the status counts what each side has and what waits")
  func status() throws {
    let world = try World()
    world.source.fillSmall()
    try world.sync(SyncOptions(direction: .pull))
    var units = try world.status(.units)
    #expect((units.buildium, units.airtable, units.pendingOut) == (3, 0, 3))
    #expect(units.state == .firstSync)
    world.sink.set(\.poison, [key(.units, "11")])
    try world.sync()
    units = try world.status(.units)
    #expect((units.buildium, units.airtable, units.pendingOut) == (3, 2, 0))
    #expect((units.deadLetters, units.state) == (1, .refused))
    #expect(try world.status(.leases).state == .inStep)
    #expect(try world.status(.rentPayments).buildium == 2)
    let jobs = try world.jobs()
    #expect(jobs.allSatisfy { $0.state == .done })
    #expect(jobs.contains { $0.kind == "pull" && $0.resource == .units && $0.progress.done == 3 })
  }

  @Test("a store that is let go of holds no file open")
  func descriptors() throws {
    var world: World? = try World()
    world?.source.fillSmall()
    try world?.sync()
    let path = try #require(world?.store.path)
    #expect(Self.isOpen(path))
    world = nil
    #expect(!Self.isOpen(path))
  }

  private static func isOpen(_ path: String) -> Bool {
    (0..<1024).contains { number in
      var name = [CChar](repeating: 0, count: 1024)
      let count = readlink("/proc/self/fd/\(number)", &name, name.count - 1)
      guard count > 0 else { return false }
      let bytes = name[..<count].map { UInt8(bitPattern: $0) }
      return String(decoding: bytes, as: UTF8.self).hasPrefix(path)
    }
  }

  @Test("an older intent in flight is in doubt for the next start, one of its own is not")
  func fencing() throws {
    let world = try World()
    let moment = Instant(milliseconds: world.clock.wallMilliseconds)
    let states = try world.store.writeSync { (records) throws(StorageError) in
      for (epoch, id) in [(Int64(1), "a"), (2, "b")] {
        let intent = Intent(
          service: .airtable, localID: id, key: key(.units, id), action: .create, remoteID: nil,
          fields: "{}", stamp: 1)
        _ = try records.sync.put(intent, epoch: epoch, at: moment)
      }
      try records.sync.doubtOlder(than: 2)
      return [
        try records.sync.intents(.airtable, .units, .doubt, limit: 9).map(\.localID),
        try records.sync.intents(.airtable, .units, .inflight, limit: 9).map(\.localID),
      ]
    }
    #expect(states == [["a"], ["b"]])
  }

  @Test("an answer to an older write does not take a newer change for sent")
  func stamps() throws {
    let world = try World()
    let row = try world.store.writeSync { (records) throws(StorageError) in
      let name = key(.units, "1")
      try records.sync.mark(.airtable, name, localID: "u", stages: nil)
      let sent = try records.sync.sink(.airtable, .units, localID: "u")
      try records.sync.mark(.airtable, name, localID: "u", stages: nil)
      try records.sync.settle(
        .airtable, .units, localID: "u", desiredHash: "h", stamp: sent?.stamp ?? 0)
      return try records.sync.sendable(.airtable, .units, after: nil, limit: 9)
    }
    #expect(row.map(\.localID) == ["u"])
  }
}
