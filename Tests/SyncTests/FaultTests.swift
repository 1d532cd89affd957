import Background
import Domain
import Storage
import Testing

@testable import Sync

/// The end of a program at a chosen place: from there on nothing of it reaches the store or a
/// service any more.
final class Cut: Sendable {
  private struct State {
    var left: Int
    var passed = 0
    var isOver = false
  }

  /// What the store says from then on.
  static let off = SyncError.store(StorageError(.programming, "cut off"))

  private let state: Lock<State>

  /// Ends the program at the n-th place it passes.
  init(at place: Int) { state = Lock(State(left: place)) }

  var isOver: Bool { state.withLock(\.isOver) }
  var passed: Int { state.withLock(\.passed) }

  func reach(_ point: FaultPoint) throws(SyncError) {
    try state.withLock { (state) throws(SyncError) in
      state.passed += 1
      state.left -= 1
      if state.left <= 0 { state.isOver = true }
      if state.isOver { throw Cut.off }
    }
  }
}

@Suite("Cut off and started again") struct CrashTests {
  /// Every place of a first sync is too many for one machine's disk; every one of the smallest
  /// portfolio with each kind of work is not.
  private static func fill(_ source: ScriptedSource) {
    source.put(.glAccounts, "3", ["name": .text("Rent Income"), "type": .text("Income")])
    source.put(.properties, "1", ["name": .text("Elm Court")])
    source.put(.units, "10", ["property_id": link(.properties, "1"), "unit_number": .text("A")])
    source.put(.units, "11", ["property_id": link(.properties, "1"), "unit_number": .text("B")])
    source.put(.tenants, "20", ["first_name": .text("Grace")])
    source.put(
      .leases, "30",
      [
        "propertyId": link(.properties, "1"), "unitId": link(.units, "10"),
        "rent": money("100"), "tenant_ids": links(.tenants, "20"),
      ])
    source.putPayment("70", lease: "30", property: "1", unit: "10", amount: "100", on: "2026-03-02")
  }

  private static func change(_ source: ScriptedSource) {
    source.change(.units, "10", "market_rent", money("1300"))
    source.remove(.units, "11")
    source.put(.units, "12", ["property_id": link(.properties, "1"), "unit_number": .text("C")])
    source.change(.leases, "30", "rent", money("150"))
  }

  private static let only = SyncOptions(resources: [
    .glAccounts, .properties, .units, .tenants, .leases, .transactions,
  ])

  @Test("wherever a first sync and the next one are cut off, the end is as if they had not been")
  func everywhere() throws {
    let calm = try World()
    Self.fill(calm.source)
    let measure = Cut(at: .max)
    _ = try calm.engine(cut: measure.reach).run(Self.only)
    Self.change(calm.source)
    _ = try calm.engine(cut: measure.reach).run(Self.only)
    let expected = calm.mirror
    #expect(expected.count == 8)
    #expect(measure.passed > 100)

    // A prime step visits other places in each run of the loop and all kinds of them.
    var place = 1
    while place <= measure.passed {
      let world = try World()
      Self.fill(world.source)
      let cut = Cut(at: place)
      var isChanged = false
      // Two runs were asked for; the cut ends one of them, and it is asked for again.
      for _ in 0..<4 {
        do {
          _ = try world.engine(cut: cut.isOver ? nil : cut.reach).run(Self.only)
          if isChanged { break }
          Self.change(world.source)
          isChanged = true
        } catch {
          #expect(error == Cut.off)
          try world.reopen()
        }
      }
      #expect(world.mirror == expected, "cut off at place \(place)")
      let creates = world.sink.journal.filter { $0.hasPrefix("create") }
      #expect(Set(creates).count == creates.count, "made twice when cut off at place \(place)")
      world.sink.clearJournal()
      _ = try world.engine().run(Self.only)
      #expect(world.sink.journal == [], "not silent after a cut at place \(place)")
      place += 3
    }
  }

  @Test("a first pull that was cut off goes on from its cursor")
  func continued() throws {
    let world = try World()
    world.source.fillSmall()
    world.source.set(\.pageSize, 1)
    world.source.set(\.incremental, [.units])
    world.clock.advance(nanoseconds: 600_000_000_000)
    world.source.set(\.fault) { $0 == "page units 2" ? .unreachable : nil }
    #expect(throws: SyncError.self) { try world.sync(SyncOptions(direction: .pull)) }
    #expect(try world.pull(.units)?.cursor == "2")
    world.source.set(\.fault, nil)
    let before = world.source.calls.count
    world.clock.advance(nanoseconds: 600_000_000_000)
    // Changed after its page was read, before the pull went on.
    world.source.change(.units, "10", "market_rent", money("77"))
    try world.sync()
    let again = world.source.calls[before...].filter { $0.hasPrefix("page units") }
    #expect(again == ["page units 2", "page units "])
    #expect(world.sink.row(key(.units, "10"))?.fields["market_rent"] == money("77"))
    #expect(try world.differences() == [])
  }
}

@Suite("Faults of the services") struct FaultTests {
  @Test(
    "an answer that is lost never makes a record twice",
    arguments: [ScriptedSink.Fault.lostAfter, .lostBefore, .notSent], [1, 2, 3])
  func lost(_ fault: ScriptedSink.Fault, _ every: Int) throws {
    let world = try World()
    world.source.fillSmall()
    world.sink.set(\.fault) { call in call % (every + 1) == 1 ? fault : nil }
    // A resource whose calls happen to be those that are lost, time after time, is left for the
    // next sync: which they are hangs on how the threads take turns.
    var rounds = 0
    repeat {
      try world.sync()
      rounds += 1
    } while try rounds < 4 && world.differences() != []
    let creates = world.sink.journal.filter { $0.hasPrefix("create") }
    #expect(Set(creates).count == creates.count)
    #expect(try world.differences() == [])
    world.sink.set(\.fault, nil)
    world.sink.clearJournal()
    try world.sync()
    #expect(world.sink.journal == [])
  }

  @Test("a write that shows itself late is waited for, not made again")
  func late() throws {
    let world = try World()
    world.source.put(.properties, "1", ["name": .text("Elm Court")])
    // Carried out, the answer lost, and not to be seen at the first look.
    world.sink.set(\.lateBy, 2)
    world.sink.set(\.fault) { $0 == 1 ? .lostAfter : nil }
    try world.sync()
    #expect(world.sink.journal == ["create buildium/rentals/1"])
    #expect(world.sink.rows(.properties).count == 1)
  }

  @Test("one record that is not accepted costs its batch eight calls more and holds up no other")
  func poison() throws {
    for place in 0..<10 {
      let world = try World()
      for id in 0..<10 { world.source.put(.tenants, "\(id)", ["first_name": .text("T\(id)")]) }
      world.sink.set(\.poison, [key(.tenants, "\(place)")])
      world.sink.set(\.withoutFields, ["tenants.lease_ids"])
      let report = try world.sync()
      #expect(world.sink.rows(.tenants).count == 9)
      #expect(world.sink.state.withLock(\.writeCalls) <= 1 + 8)
      #expect(report.rows.first { $0.resource == .tenants }?.failed == 1)
      #expect(report.needsPerson)
      let letter = try #require(try world.deadLetters().first)
      #expect(letter.key == key(.tenants, "\(place)"))
      #expect(letter.message.contains("buildium/tenants/\(place)"))
      #expect(letter.message.contains("the value of one field is not accepted"))
    }
  }

  @Test("what was refused is not sent again as it is, goes when it changes, and by a person's word")
  func refused() throws {
    let world = try World()
    for id in ["1", "2"] { world.source.put(.tenants, id, ["first_name": .text("T\(id)")]) }
    world.sink.set(\.poison, [key(.tenants, "1"), key(.tenants, "2")])
    try world.sync()
    let calls = world.sink.state.withLock(\.writeCalls)
    try world.sync(SyncOptions(isFull: true))
    #expect(world.sink.state.withLock(\.writeCalls) == calls)
    world.sink.set(\.poison, [])
    world.source.change(.tenants, "1", "first_name", .text("Better"))
    try world.sync()
    #expect(world.sink.rows(.tenants).map(\.key.id) == ["1"])
    let letters = try world.deadLetters()
    #expect(letters.map(\.key) == [key(.tenants, "2")])
    #expect(try world.retry(letters[0].id))
    #expect(try !world.retry("r999"))
    try world.sync()
    #expect(world.sink.rows(.tenants).map(\.key.id) == ["1", "2"])
    #expect(try world.deadLetters().isEmpty)
  }

  @Test("a record put aside stays aside until it changes")
  func discarded() throws {
    let world = try World()
    world.source.put(.tenants, "1", ["first_name": .text("T")])
    world.sink.set(\.poison, [key(.tenants, "1")])
    try world.sync()
    let letter = try #require(try world.deadLetters().first)
    #expect(try world.discard(letter.id))
    world.sink.set(\.poison, [])
    try world.sync()
    #expect(world.sink.rows(.tenants).isEmpty)
    world.source.change(.tenants, "1", "first_name", .text("New"))
    try world.sync()
    #expect(world.sink.rows(.tenants).count == 1)
  }

  @Test("what links to a refused record waits for it and names it, and goes when it went")
  func blocked() throws {
    let world = try World()
    world.source.fillSmall()
    world.sink.set(\.poison, [key(.properties, "2")])
    try world.sync()
    #expect(world.sink.row(key(.units, "12")) == nil)
    #expect(world.sink.row(key(.units, "10")) != nil)
    #expect(
      world.events.withLock { events in
        events.contains {
          if case .message(_, let text, key(.units, "12")) = $0 {
            text.contains("buildium/rentals/2")
          } else {
            false
          }
        }
      })
    world.sink.set(\.poison, [])
    #expect(try world.retryAll() == 1)
    try world.sync()
    #expect(try world.differences() == [])
  }

  @Test(
    "a service that cannot be used stops the run, spends no attempt and loses nothing",
    arguments: [ProviderError.Kind.notAuthorised, .quotaSpent, .unreachable, .notSetUp])
  func stopped(_ kind: ProviderError.Kind) throws {
    let world = try World()
    world.source.fillSmall()
    world.sink.set(\.fault) { $0 >= 2 ? .stop(kind) : nil }
    let error = #expect(throws: SyncError.self) { try world.sync() }
    guard case .service(let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.kind == kind)
    let jobs = try world.jobs()
    #expect(jobs.allSatisfy { $0.attempts == 0 && $0.state != .dead })
    #expect(jobs.contains { $0.state == .queued && $0.error.contains("scripted") })
    #expect(try world.deadLetters().isEmpty)
    world.sink.set(\.fault, nil)
    try world.sync()
    #expect(try world.differences() == [])
  }

  @Test("a resource that may not be read is given up alone, with its reason")
  func forbidden() throws {
    let world = try World()
    world.source.fillSmall()
    world.source.set(\.fault) { $0.hasPrefix("page vendors") ? .forbidden : nil }
    let report = try world.sync()
    #expect(report.rows.first { $0.resource == .vendors }?.failed == 1)
    #expect(world.sink.rows(.transactions).count == 3)
    let letter = try #require(try world.deadLetters().first)
    #expect(letter.title == "Reading Vendors")
    #expect(letter.message.contains("forbidden"))
    world.source.set(\.fault, nil)
    #expect(try world.retry(letter.id))
    try world.sync()
    #expect(try world.deadLetters().isEmpty)
    #expect(try world.differences() == [])
  }

  @Test("a page that fails again and again is tried so often and then given up")
  func givenUp() throws {
    let world = try World()
    world.source.set(\.fault) { $0.hasPrefix("page units") ? .unexpectedAnswer : nil }
    let report = try world.sync()
    #expect(
      world.source.calls.filter { $0.hasPrefix("page units") }.count == Backoff.attemptsMax)
    #expect(report.rows.first { $0.resource == .units }?.failed == 1)
    #expect(try world.deadLetters().map(\.attempts) == [Backoff.attemptsMax])
  }

  @Test("a row somebody removed at the sink is not made again without a person's word")
  func removedThere() throws {
    let world = try World()
    world.source.fillSmall()
    try world.sync()
    world.sink.removeRow(key(.units, "11"))
    world.source.change(.units, "11", "market_rent", money("7"))
    let report = try world.sync()
    #expect(world.sink.row(key(.units, "11")) == nil)
    #expect(report.rows.first { $0.resource == .units }?.failed == 1)
    #expect(try world.retryAll() == 1)
    try world.sync()
    #expect(try world.differences() == [])
  }

  @Test("a second program that wants to synchronize is told who does")
  func alone() throws {
    let world = try World()
    world.source.fillSmall()
    let inner = Lock<SyncError?>(nil)
    let (store, source, sink, clock) = (world.store, world.source, world.sink, world.clock)
    world.source.set(\.fault) { call in
      if call == "page units " {
        let engine = SyncEngine(store: store, source: source, sink: sink, clock: clock)
        do throws(SyncError) { _ = try engine.run() } catch { inner.withLock { $0 = error } }
      }
      return nil
    }
    try world.sync()
    guard case .alreadyRunning(let text) = inner.withLock(\.self) else {
      Issue.record("the second one ran")
      return
    }
    #expect(text.contains("process"))
  }

  @Test("a sink that keeps silent about its tables holds up neither the end nor the store")
  func silentAboutTables() throws {
    let world = try World()
    world.source.fillSmall()
    let (cancellation, store) = (Cancellation(), world.store)
    let wasStopped = Lock(false)
    world.sink.set(\.preparing) { asked in
      // Another may write meanwhile.
      let isKept = (try? store.append(.info, "a person's note")) != nil
      #expect(isKept)
      cancellation.cancel()
      asked.wait(nanoseconds: 60_000_000_000)
      wasStopped.withLock { $0 = asked.isCancelled }
    }
    #expect(throws: SyncError.cancelled) {
      try world.engine().run(SyncOptions(), cancellation: cancellation)
    }
    #expect(wasStopped.withLock { $0 })
    world.sink.set(\.preparing, nil)
    try world.sync()
    #expect(try world.differences() == [])
  }

  @Test("a cancelled run stops at a safe point and the next one finishes it")
  func cancelled() throws {
    let world = try World()
    world.source.fillSmall()
    let cancellation = Cancellation()
    world.source.set(\.fault) { call in
      if call == "page leases " { cancellation.cancel() }
      return nil
    }
    #expect(throws: SyncError.cancelled) {
      try world.engine().run(SyncOptions(), cancellation: cancellation)
    }
    world.source.set(\.fault, nil)
    try world.sync()
    #expect(try world.differences() == [])
  }

  @Test("a paused run waits and goes on where it was")
  func paused() throws {
    let world = try World()
    world.source.fillSmall()
    let engine = world.engine()
    let reached = Mailbox<Bool>()
    world.source.set(\.fault) { call in
      if call == "page units " {
        engine.pause()
        reached.post(true)
      }
      return nil
    }
    let outcome = Lock<SyncReport?>(nil)
    let worker = Worker(name: "run") {
      let report = try? engine.run()
      outcome.withLock { $0 = report }
    }
    #expect(!reached.waitAndTakeAll(nanoseconds: 20_000_000_000).isEmpty)
    #expect(engine.isPaused)
    world.source.set(\.fault, nil)
    engine.resume()
    #expect(worker.join(nanoseconds: 60_000_000_000))
    #expect(outcome.withLock(\.self) != nil)
    #expect(try world.differences() == [])
  }
}

@Suite("Records that disappear") struct AbsenceTests {
  @Test("a record is removed when its service says there is none, and only then")
  func proof() throws {
    let world = try World()
    world.source.fillSmall()
    try world.sync()
    world.sink.clearJournal()
    world.source.set(\.hidden, [key(.units, "11")])
    let hidden = try world.sync()
    #expect(world.source.calls.contains("record units 11"))
    #expect(world.sink.journal == [])
    #expect(hidden.rows.first { $0.resource == .units }?.deleted == 0)
    world.source.set(\.hidden, [])
    world.source.remove(.units, "11")
    let removed = try world.sync()
    #expect(removed.rows.first { $0.resource == .units }?.deleted == 1)
    #expect(removed.rows.first { $0.resource == .units }?.pushedDeleted == 1)
    #expect(world.sink.journal == ["delete buildium/units/11"])
    try world.sync()
    #expect(world.sink.journal.count == 1)
  }

  @Test("a record that comes back is made again")
  func back() throws {
    let world = try World()
    world.source.fillSmall()
    try world.sync()
    let records = world.source.state.withLock(\.records)
    world.source.remove(.bills, "51")
    world.source.remove(.properties, "2")
    try world.sync()
    #expect(world.sink.row(key(.bills, "51")) == nil)
    #expect(world.sink.row(key(.units, "12"))?.fields["property_id"] == nil)
    world.source.set(\.records, records)
    try world.sync()
    #expect(world.sink.row(key(.bills, "51")) != nil)
    #expect(world.sink.row(key(.units, "12"))?.fields["property_id"] == link(.properties, "2"))
    #expect(try world.differences() == [])
  }

  @Test("an incremental pull concludes nothing from absence")
  func incremental() throws {
    let world = try World()
    world.source.fillSmall()
    world.source.set(\.incremental, [.units])
    try world.sync()
    world.source.remove(.units, "11")
    try world.sync()
    #expect(world.sink.row(key(.units, "11")) != nil)
    try world.sync(SyncOptions(isFull: true))
    #expect(world.sink.row(key(.units, "11")) == nil)
  }

  @Test("a collection that comes back empty deletes nothing and asks a person")
  func empty() throws {
    let world = try World()
    world.source.fillSmall()
    try world.sync()
    world.sink.clearJournal()
    for id in ["10", "11", "12"] { world.source.remove(.units, id) }
    let report = try world.sync()
    #expect(world.sink.journal == [])
    #expect(report.rows.first { $0.resource == .units }?.failed == 1)
    #expect(report.messages.contains { $0.contains("Nothing was removed") })
    #expect(!world.source.calls.contains("record units 10"))
  }

  @Test(
    "more than ten, or two in a hundred, that are missing stop the resource",
    arguments: [(20, 10, true), (20, 11, false), (700, 14, true), (700, 15, false)])
  func brake(_ known: Int, _ missing: Int, _ isRemoved: Bool) throws {
    let world = try World()
    world.source.set(\.pageSize, 200)
    for id in 0..<known { world.source.put(.owners, "\(id)", ["first_name": .text("O\(id)")]) }
    try world.sync(SyncOptions(resources: [.owners]))
    for id in 0..<missing { world.source.remove(.owners, "\(id)") }
    try world.sync(SyncOptions(resources: [.owners]))
    #expect(world.sink.rows(.owners).count == (isRemoved ? known - missing : known))
    #expect(try world.deadLetters().isEmpty == isRemoved)
  }
}

@Suite("A base that is full already") struct LinkTests {
  @Test("a store made anew links with what is there and writes only the differences")
  func relinked() throws {
    let world = try World()
    world.source.fillSmall()
    try world.sync()
    let second = try World()
    second.source.state.withLock { $0.records = world.source.state.withLock(\.records) }
    second.sink.state.withLock { $0.tables = world.sink.state.withLock(\.tables) }
    second.sink.state.withLock { $0.nextID = 1000 }
    second.source.change(.units, "12", "market_rent", money("1"))
    try second.sync()
    #expect(second.sink.journal == ["update buildium/units/12"])
    #expect(try second.differences() == [])
  }

  @Test("a key that two rows carry is a question, never a third row")
  func twice() throws {
    let world = try World()
    world.source.fillSmall()
    for _ in 0..<2 { world.sink.seed(key(.owners, "1"), ["name": .text("Ada")]) }
    let report = try world.sync()
    #expect(world.sink.rows(.owners).filter { $0.key == key(.owners, "1") }.count == 2)
    #expect(!world.sink.journal.contains { $0.hasSuffix("owners/1") })
    #expect(report.rows.first { $0.resource == .owners }?.failed == 1)
    let letter = try #require(try world.deadLetters().first)
    #expect(letter.message.contains("Two rows carry the key buildium/owners/1"))
    world.sink.state.withLock { state in
      let id = state.tables[.owners]?.first { $0.value.key == key(.owners, "1") }?.key
      if let id { state.tables[.owners]?[id] = nil }
    }
    #expect(try world.retry(letter.id))
    try world.sync()
    #expect(try world.differences() == [])
    #expect(try world.deadLetters().isEmpty)
  }

  @Test("rows whose record is not known are counted and left alone")
  func strangers() throws {
    let world = try World()
    world.source.fillSmall()
    world.sink.seed(key(.owners, "99"), ["name": .text("Nobody")])
    let report = try world.sync()
    #expect(world.sink.row(key(.owners, "99")) != nil)
    #expect(report.messages.contains { $0.contains("left alone") })
  }

  @Test("two accounts that are each other's parent are both made, and then linked")
  func cycle() throws {
    let world = try World()
    world.source.put(
      .glAccounts, "1", ["name": .text("A"), "parent_gl_account_id": link(.glAccounts, "2")])
    world.source.put(
      .glAccounts, "2", ["name": .text("B"), "parent_gl_account_id": link(.glAccounts, "1")])
    try world.sync()
    #expect(world.sink.row(key(.glAccounts, "1"))?.fields["parent_id"] == link(.glAccounts, "2"))
    #expect(world.sink.row(key(.glAccounts, "2"))?.fields["parent_id"] == link(.glAccounts, "1"))
    world.sink.clearJournal()
    try world.sync()
    #expect(world.sink.journal == [])
  }

  @Test("a field the sink takes newly is compared for every record")
  func mapping() throws {
    let world = try World()
    world.source.fillSmall()
    world.sink.set(\.withoutFields, ["units.market_rent"])
    try world.sync()
    world.sink.clearJournal()
    world.sink.set(\.withoutFields, [])
    try world.sync()
    #expect(world.sink.journal.count == 3)
    #expect(try world.differences() == [])
  }
}
