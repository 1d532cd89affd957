import Background
import Domain
import Storage
import Testing
import Vault

@testable import Sync

/// A clock that stands still and tells how often somebody waited by it.
private struct SteppedClock: Clock {
  let waits = Lock(0)
  let onWait: @Sendable (Int) -> Void

  init(_ onWait: @escaping @Sendable (Int) -> Void) { self.onWait = onWait }

  let wallMilliseconds: Int64 = 0
  let monotonicNanoseconds: UInt64 = 0

  func wait(nanoseconds: UInt64, cancellation: Cancellation) {
    onWait(
      waits.withLock { waits in
        waits += 1
        return waits
      })
  }
}

@Suite("Events") struct WebhookTests {
  private static let secret = "test-secret"

  private func body(_ name: String, _ members: String) -> [UInt8] {
    Array(
      #"{"EventName":"\#(name)","EventDateTime":"2026-09-21T00:00:00.1234567Z","AccountId":1,"#
        .utf8) + Array("\(members)}".utf8)
  }

  private func post(
    _ receiver: WebhookReceiver, _ world: World, _ body: [UInt8], secret: String = secret,
    ageSeconds: Int64 = 0
  ) -> WebhookReceiver.Verdict {
    let timestamp = String(world.clock.wallMilliseconds / 1000 - ageSeconds)
    let signature = BuildiumSignature.text(timestamp: timestamp, body: body, secret: secret)
    return receiver.take(timestamp: timestamp, signature: signature, body: body)
  }

  private func receiver(_ world: World) -> WebhookReceiver {
    WebhookReceiver(store: world.store, secrets: ["old", Self.secret], clock: world.clock)
  }

  private func events(_ world: World) throws -> [WebhookEvent] {
    try world.store.readSync { (sync) throws(StorageError) in try sync.events(limit: 100) }
  }

  private func work(_ world: World) throws -> EventWorker.Outcome {
    try EventWorker(
      store: world.store, source: world.source, sink: .airtable, clock: world.clock,
      randomness: SeededRandom(3)
    ).work()
  }

  private func inStep() throws -> World {
    let world = try World()
    world.source.fillSmall()
    try world.sync()
    return world
  }

  @Test("An event is stored once however often it is delivered, by any of the secrets")
  func once() throws {
    let world = try World()
    let receiver = receiver(world)
    defer { receiver.stop() }
    let event = body("Rental.Updated", #""PropertyId":1"#)
    #expect(post(receiver, world, event) == .stored)
    #expect(post(receiver, world, event, secret: "old") == .repeated)
    let kept = try events(world)
    #expect(kept.map(\.name) == ["Rental.Updated"])
    #expect(kept.first?.data["PropertyId"] == .int(1))
    #expect(kept.first?.state == .waiting)
  }

  @Test("What is forged, too old, too long or no event is refused, and nothing of it is stored")
  func refused() throws {
    let world = try World()
    let receiver = receiver(world)
    defer { receiver.stop() }
    let event = body("Rental.Updated", #""PropertyId":1"#)
    func isForged(_ verdict: WebhookReceiver.Verdict) -> Bool {
      if case .forged = verdict { true } else { false }
    }
    func isMalformed(_ verdict: WebhookReceiver.Verdict) -> Bool {
      if case .malformed = verdict { true } else { false }
    }
    #expect(isForged(post(receiver, world, event, secret: "another")))
    #expect(isForged(post(receiver, world, event, ageSeconds: 301)))
    #expect(isForged(receiver.take(timestamp: "", signature: "", body: event)))
    #expect(isMalformed(post(receiver, world, Array("[1]".utf8))))
    #expect(isMalformed(post(receiver, world, Array("no".utf8))))
    let long = [UInt8](repeating: 32, count: WebhookReceiver.bodyBytesMax + 1)
    #expect(isMalformed(post(receiver, world, long)))
    #expect(try events(world) == [])
    #expect(post(receiver, world, event, ageSeconds: 300) == .stored)
  }

  @Test("Every event of the service names the records to fetch, or none")
  func targets() {
    func keys(_ name: String, _ members: String) -> [String] {
      let data = try? JSONValue(parsing: String(decoding: body(name, members), as: UTF8.self))
      return EventTargets.keys(of: name, data ?? .null, at: .buildium).map {
        "\($0.resource.rawValue) \($0.id)"
      }
    }
    #expect(keys("Rental.Created", #""PropertyId":7"#) == ["properties 7"])
    #expect(
      keys("Lease.MoveOut.Created", #""LeaseId":1,"TenantId":2"#) == ["leases 1", "tenants 2"])
    #expect(
      keys("LeaseTransaction.Updated", #""TransactionId":9,"TransactionType":"Charge""#) == [
        "transactions 9", "lease_transactions 9",
      ])
    #expect(
      keys("Bill.Payment.Created", #""PaymentId":5,"BillIds":[1,2]"#) == [
        "bills 1", "bills 2", "bill_payments 5:1", "bill_payments 5:2",
      ])
    #expect(
      keys("BankAccount.Transaction.Created", #""BankAccountId":3,"TransactionId":4"#) == [
        "transactions 4", "bank_transactions 3:4",
      ])
    #expect(keys("Budget.Created", #""BudgetId":3"#) == [])
    #expect(keys("Rental.Created", #""PropertyId":"x/../y""#) == [])
    #expect(keys("nonsense", "\"a\":1") == [])
  }

  @Test(
    "The latest event about a record bounds when it was last changed, where nothing better is told")
  func timeOfChange() throws {
    let world = try inStep()
    let receiver = receiver(world)
    defer { receiver.stop() }
    let key = RemoteKey(.buildium, .units, "10")
    func interval() throws -> (after: Instant, before: Instant)? {
      try world.store.readSync { (sync) throws(StorageError) in try sync.changeInterval(of: key) }
    }
    let before = try #require(try interval())
    world.clock.advance(nanoseconds: 3_600_000_000_000)
    let now = Instant(milliseconds: world.clock.wallMilliseconds)
    world.source.change(.units, "10", "market_rent", money("1234"))
    // A unit, as Buildium shows it, names no time of its own.
    world.source.state.withLock { $0.records[.units]?["10"]?.updatedAt = nil }
    for seconds in [Int64(-40), -20, 90] {
      let moment = now.adding(milliseconds: seconds * 1000)
      let event = Array(
        #"{"EventName":"RentalUnit.Updated","EventDateTime":"\#(moment)","AccountId":1,"UnitId":10}"#
          .utf8)
      // One that names a moment to come says nothing.
      if seconds < 0 { #expect(post(receiver, world, event) == .stored) }
    }
    _ = try work(world)
    let after = try #require(try interval())
    #expect(after.after == now.adding(milliseconds: -20_000))
    #expect(after.before >= now && before.before < after.after)
  }

  @Test("Events that name one record fetch it once, and the next push carries it to the sink")
  func fetched() throws {
    let world = try inStep()
    let receiver = receiver(world)
    defer { receiver.stop() }
    world.source.put(
      .units, "10",
      [
        "property_id": link(.properties, "1"), "unit_number": .text("A"),
        "market_rent": money("1300"), "is_unit_occupied": .boolean(true),
      ])
    for account in 1...3 {
      #expect(
        post(receiver, world, body("RentalUnit.Updated", #""UnitId":10,"No":\#(account)"#))
          == .stored)
    }
    #expect(post(receiver, world, body("Budget.Updated", #""BudgetId":10"#)) == .stored)
    let outcome = try work(world)
    #expect(outcome.fetched == 1)
    #expect(outcome.done == 4)
    #expect(try Set(events(world).map(\.state)) == [.done, .ignored])
    #expect(try world.status(.units).pendingOut == 1)
    try world.sync(SyncOptions(direction: .push))
    #expect(try world.status(.units).pendingOut == 0)
    #expect(try work(world) == EventWorker.Outcome())
  }

  @Test("What one event changed is sent while the next is still fetched, by the same run")
  func overlapped() throws {
    let world = try inStep()
    let receiver = receiver(world)
    defer { receiver.stop() }
    let changed = FieldValue.money(Money(minorUnits: 123_400))
    for id in ["10", "11"] {
      world.source.change(.units, id, "market_rent", changed, isTimed: false)
    }
    #expect(post(receiver, world, body("RentalUnit.Updated", #""UnitId":10"#)) == .stored)
    let (writes, wasSent) = (Mailbox<Bool>(), Lock(false))
    world.sink.set(\.fault) { _ in
      writes.post(true)
      return nil
    }
    world.source.set(\.fault) { call in
      guard call == "record units 11" else { return nil }
      // The second record is not answered before the first is on its way.
      let isSent = !writes.waitAndTakeAll(nanoseconds: 60_000_000_000).isEmpty
      wasSent.withLock { $0 = isSent }
      return nil
    }
    let worker = EventWorker(
      store: world.store, source: world.source, sink: .airtable, clock: world.clock,
      randomness: SeededRandom(3))
    let second = body("RentalUnit.Updated", #""UnitId":11"#)
    let timestamp = String(world.clock.wallMilliseconds / 1000)
    let signature = BuildiumSignature.text(
      timestamp: timestamp, body: second, secret: Self.secret)
    let rests = Lock(0)
    let outcome = Lock(EventWorker.Outcome())
    _ = try world.engine().run(SyncOptions(direction: .push), cancellation: Cancellation()) {
      feeding in
      let fed = try? worker.feed(feeding, Cancellation()) {
        let count = rests.withLock { rests in
          rests += 1
          return rests
        }
        return count == 1
          && receiver.take(timestamp: timestamp, signature: signature, body: second) == .stored
      }
      outcome.withLock { $0 = fed ?? $0 }
    }
    let (isSent, done) = (wasSent.withLock { $0 }, outcome.withLock { $0.done })
    #expect(isSent)
    #expect(done == 2)
    for id in ["10", "11"] {
      #expect(world.mirror["buildium/units/\(id)"]?["market_rent"] == changed)
    }
    #expect(try events(world).allSatisfy { $0.state == .done })
  }

  @Test("A start that waits for the store gets it when the one before ends, and is seen to wait")
  func handedOver() throws {
    let world = try inStep()
    let now = Instant(milliseconds: world.clock.wallMilliseconds)
    let turn = Turn(store: world.store, now: now, cut: nil)
    let first = try turn.begin()
    #expect(!Turn.isWanted(world.store))
    // Whoever waits is let go on by the test, after the one before has ended.
    let clock = SteppedClock { wait in
      #expect(Turn.isWanted(turn.store))
      if wait == 2 { turn.end(first) }
    }
    let second = try turn.begin(patience: 1, clock, Cancellation())
    #expect(second > first)
    #expect(clock.waits.withLock { $0 } == 2)
    #expect(!Turn.isWanted(world.store))
    turn.end(second)
  }

  @Test("A record the service has no more is removed; many at once wait for a person")
  func gone() throws {
    let world = try inStep()
    let receiver = receiver(world)
    defer { receiver.stop() }
    world.source.remove(.units, "10")
    #expect(post(receiver, world, body("RentalUnit.Deleted", #""UnitId":10"#)) == .stored)
    #expect(try work(world).done == 1)
    #expect(try world.status(.units).pendingOut == 1)
    for id in 100..<112 {
      #expect(post(receiver, world, body("RentalUnit.Deleted", #""UnitId":\#(id)"#)) == .stored)
    }
    let outcome = try work(world)
    #expect(outcome.done == 10)
    #expect(outcome.failed == 2)
    let dead = try events(world).filter { $0.state == .dead }
    #expect(dead.count == 2)
    let id = try #require(dead.first?.id)
    let now = Instant(milliseconds: world.clock.wallMilliseconds)
    let isReplayed = try world.store.writeSync { (records) throws(StorageError) in
      try records.sync.replay(event: id, at: now)
    }
    #expect(isReplayed)
    #expect(try work(world).done == 1)
  }
}
