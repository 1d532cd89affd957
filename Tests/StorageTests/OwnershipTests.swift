import Domain
import Reports
import Testing

@testable import Storage

@Suite("Owners' shares and the general ledger")
struct OwnershipTests {
  private static func entries(_ ledger: LedgerSnapshot, _ shares: (Int, String, String)...) throws
    -> [ShareEntry]
  {
    try shares.map { owner, ownership, disbursement in
      ShareEntry(
        owner: try #require(ledger.owners.first { $0.buildiumID == owner }).localID,
        ownership: try #require(Percent(ownership)),
        disbursement: try #require(Percent(disbursement)))
    }
  }

  private static func set(
    _ test: TestStore, from: String? = nil, _ shares: (Int, String, String)...
  ) throws -> String? {
    let ledger = try test.store.ledger()
    let list = try shares.flatMap { try entries(ledger, $0) }
    return try test.store.setOwnership(
      property: ledger.properties[0].localID, list,
      from: try #require(CalendarDate(from ?? "0001-01-01")), reason: "sold",
      actor: "ann")
  }

  @Test("both percentages add up to 100 exactly, or nothing is changed")
  func sums() throws {
    let test = try NoiTests.store()
    let before = try test.rows("SELECT * FROM ownership ORDER BY id")
    #expect(
      try Self.set(test, (501, "60", "60"), (502, "39.99", "40"))?.contains("give the rest") == true
    )
    #expect(try Self.set(test, (501, "60", "60"), (502, "40", "30"))?.contains("90") == true)
    #expect(try Self.set(test, (501, "50", "50"), (501, "50", "50"))?.contains("twice") == true)
    #expect(try test.rows("SELECT * FROM ownership ORDER BY id") == before)
    #expect(try Self.set(test, (501, "33.33", "0"), (502, "66.67", "100")) == nil)
  }

  @Test("new shares begin on their day, the old ones end the day before, and it is written down")
  func dated() throws {
    let test = try NoiTests.month(.magnitude)
    #expect(try Self.set(test, from: "2026-03-11", (502, "100", "100")) == nil)
    let ledger = try test.store.ledger()
    let march = try #require(NoiTests.march)
    let rows = ledger.noi(months: [march], basis: .cash)
    #expect(rows.map(\.figures.noi) == [Money("1500.00"), Money("-300.00")])
    let parts = ledger.ownerNOI(of: rows).rows.map(\.noi.description)
    #expect(parts == ["900.00", "600.00", "-300.00"])
    let change = try #require(try test.store.ownershipChanges().first)
    #expect(change.actor == "ann" && change.reason == "sold" && change.propertyID == "1")
    #expect(change.before.contains("60 / 60") && change.after.contains("100 / 100"))
    #expect(try test.refusal(of: "DELETE FROM ownership_changes") != nil)
    // Whoever is still named by the service gets no second row beside the one that ended.
    let owner = Record(
      .owners,
      [
        "last_name": .text("Owner 501"),
        "property_ids": .references(canonical: [RemoteKey(.buildium, .properties, "1")]),
      ])
    try test.store.writeSync { records throws(StorageError) in
      try NoiTests.take(records, .owners, 501, owner)
    }
    let after = try test.store.ledger()
    #expect(after.ownerNOI(of: rows).problems.isEmpty)
    #expect(after.properties[0].shares.count == 3)
  }

  private static func decide(
    _ test: TestStore, from: String, reach: OwnershipReach = .untilNext, seen: String? = nil,
    _ shares: (Int, String, String)...
  ) throws -> OwnershipOutcome {
    let ledger = try test.store.ledger()
    return try test.store.decideOwnership(
      property: ledger.properties[0].localID, try shares.flatMap { try entries(ledger, $0) },
      from: try #require(CalendarDate(from)), reach: reach, seen: seen, reason: "sold",
      actor: "ann")
  }

  /// Who owns the first property on a day: `501 60/60, 502 40/40`.
  private static func shares(_ test: TestStore, on day: String) throws -> String {
    let ledger = try test.store.ledger()
    return ledger.properties[0].shares(on: try #require(CalendarDate(day))).map {
      "\(ledger.owners[$0.owner].id) \($0.ownership?.description ?? "?")/"
        + ($0.disbursement?.description ?? "?")
    }.joined(separator: ", ")
  }

  @Test("a decision for a time in the past ends where the next one begins")
  func between() throws {
    let test = try NoiTests.month(.magnitude)
    _ = try Self.decide(test, from: "2026-06-01", (502, "100", "100"))
    _ = try Self.decide(test, from: "2026-04-01", (501, "50", "50"), (502, "50", "50"))
    #expect(try Self.shares(test, on: "2026-03-31") == "501 60/60, 502 40/40")
    #expect(try Self.shares(test, on: "2026-04-01") == "501 50/50, 502 50/50")
    #expect(try Self.shares(test, on: "2026-05-31") == "501 50/50, 502 50/50")
    #expect(try Self.shares(test, on: "2026-06-01") == "502 100/100")
    // Forever means what it says.
    _ = try Self.decide(test, from: "2026-04-01", reach: .forever, (501, "100", "100"))
    #expect(try Self.shares(test, on: "2026-07-01") == "501 100/100")
  }

  @Test("a decision can be taken back and made again, unless something changed since")
  func undo() throws {
    let test = try NoiTests.month(.magnitude)
    let property = try test.store.ledger().properties[0].localID
    let seen = try test.store.ownershipMark(property: property)
    let outcome = try Self.decide(test, from: "2026-04-01", seen: seen, (502, "100", "100"))
    guard case .done(let before, let after) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(before == seen && before != after)
    // Made on an older look.
    guard
      case .refused(let why) = try Self.decide(
        test, from: "2026-05-01", seen: seen, (501, "100", "100"))
    else {
      Issue.record("an older look was taken")
      return
    }
    #expect(why.contains("changed since"))
    let back = try test.store.restoreOwnership(
      property: property, to: before, seen: after, actor: "ben")
    #expect(back == .done(before: after, after: before))
    #expect(try Self.shares(test, on: "2026-05-01") == "501 60/60, 502 40/40")
    #expect(try test.store.ownershipChanges().map(\.actor) == ["ben", "ann"])
    let again = try test.store.restoreOwnership(
      property: property, to: after, seen: before, actor: "ben")
    #expect(again == .done(before: before, after: after))
    _ = try Self.decide(test, from: "2026-07-01", (501, "100", "100"))
    let late = try test.store.restoreOwnership(
      property: property, to: before, seen: after, actor: "ben")
    #expect(late != .done(before: after, after: before))
    #expect(try Self.shares(test, on: "2026-07-01") == "501 100/100")
  }

  @Test("taking a date away lets the shares before it go on to the next date")
  func remove() throws {
    let test = try NoiTests.month(.magnitude)
    let property = try test.store.ledger().properties[0].localID
    func remove(_ day: String) throws -> OwnershipOutcome {
      try test.store.removeOwnership(
        property: property, from: try #require(CalendarDate(day)), reason: "", actor: "ann")
    }
    _ = try Self.decide(test, from: "2026-04-01", (502, "100", "100"))
    _ = try Self.decide(test, from: "2026-06-01", (501, "100", "100"))
    guard case .done = try remove("2026-04-01") else {
      Issue.record("it was refused")
      return
    }
    #expect(try Self.shares(test, on: "2026-05-31") == "501 60/60, 502 40/40")
    #expect(try Self.shares(test, on: "2026-06-01") == "501 100/100")
    #expect(try remove("2026-04-01") == .refused("No shares begin on 2026-04-01."))
    guard case .refused = try remove("0001-01-01") else {
      Issue.record("the first shares were taken away")
      return
    }
    // A final month keeps what it was divided by, also when something is taken back.
    _ = try test.store.finalizeMonth(try #require(NoiTests.march), actor: "ann")
    guard case .refused(let why) = try Self.decide(test, from: "2026-03-15", (502, "100", "100"))
    else {
      Issue.record("a final month was changed")
      return
    }
    #expect(why.contains("final"))
    guard case .done = try remove("2026-06-01") else {
      Issue.record("an open month was held")
      return
    }
  }

  @Test("shares of a final month stay")
  func final() throws {
    let test = try NoiTests.month(.magnitude)
    _ = try test.store.finalizeMonth(try #require(NoiTests.march), actor: "ann")
    #expect(try Self.set(test, from: "2026-03-31", (502, "100", "100"))?.contains("final") == true)
    #expect(try Self.set(test, from: "2026-04-01", (502, "100", "100")) == nil)
  }

  @Test("equal shares are decided where none is known, and only there")
  func equal() throws {
    let test = try NoiTests.store()
    #expect(try test.store.shareEqually(reason: "agreed", actor: "ann") == 0)
    try test.run("DELETE FROM ownership")
    let owned = FieldValue.references(canonical: [RemoteKey(.buildium, .properties, "1")])
    try test.store.writeSync { records throws(StorageError) in
      for owner in [501, 502, 503] {
        let record = Record(
          .owners, ["last_name": .text("Owner \(owner)"), "property_ids": owned])
        try NoiTests.take(records, .owners, owner, record)
      }
    }
    #expect(try test.store.shareEqually(reason: "agreed", actor: "ann") == 1)
    #expect(try test.store.shareEqually(reason: "agreed", actor: "ann") == 0)
    let shares = try test.store.ledger().properties[0].shares.compactMap(\.ownership?.description)
    #expect(shares.sorted() == ["33.33", "33.33", "33.34"])
  }

  @Test("a transaction the general ledger knows otherwise is named, and holds the month up")
  func generalLedger() throws {
    let test = try NoiTests.month(.magnitude)
    let march = try #require(NoiTests.march)
    #expect(try test.store.generalLedgerCheck(march).checkedAt == nil)
    func said(_ rent: String) throws -> [LedgerMovement] {
      try [
        (.cash, "3", rent), (.cash, "11", "300.00"), (.accrual, "3", "1450.00"),
        (.accrual, "11", "300.00"), (.cash, "30", "400.00"), (.accrual, "30", "400.00"),
      ].map { (basis: Basis, account, amount) in
        LedgerMovement(
          basis: basis, propertyID: "1", accountID: account, amount: try #require(Money(amount)))
      }
    }
    try test.store.keepGeneralLedger(march, try said("1500.00"))
    let check = try test.store.generalLedgerCheck(march)
    #expect(check.checkedAt != nil && check.differences.isEmpty)
    try test.store.keepGeneralLedger(march, try said("1500.01"))
    let finding = try #require(try test.store.generalLedgerCheck(march).differences.first)
    #expect(finding.record == "buildium/rentals/1")
    #expect(finding.text.contains("1500.01") && finding.text.contains("1500.00"))
    guard case .notReady(let state) = try test.store.finalizeMonth(march, actor: "ann") else {
      Issue.record("it was finalised")
      return
    }
    #expect(state.gates.filter(\.holdsUp).map(\.gate.kind) == [.generalLedger])
  }

  @Test("a draw is released once, only as declared, and never from tenants' money")
  func released() throws {
    let test = try NoiTests.month(.magnitude)
    let march = try #require(NoiTests.march)
    let today = try #require(CalendarDate("2026-04-02"))
    func release(
      _ amount: String, _ reference: String = "", second: String? = nil
    ) throws -> DrawPaymentOutcome {
      var request = DrawPaymentRequest(
        month: march, property: "1", owner: "501", amount: try #require(Money(amount)))
      request.reference = reference
      request.override = second.map { ($0, "agreed") }
      return try test.store.releaseDraw(request, today: today, actor: "ann")
    }
    func isRefused(_ outcome: DrawPaymentOutcome, _ word: String) -> Bool {
      if case .refused(let why) = outcome { why.contains(word) } else { false }
    }
    #expect(isRefused(try release("480.00"), "not final"))
    _ = try test.store.finalizeMonth(march, actor: "ann")
    #expect(isRefused(try release("480.01"), "second person"))
    #expect(try release("400.00", "check 1") == .released(left: Money(minorUnits: 8_000)))
    #expect(try release("400.00", "check 1") == .known)
    #expect(isRefused(try release("400.00", "check 2"), "80.00"))
    #expect(isRefused(try release("100.00", "check 2", second: "ann"), "somebody else"))
    #expect(
      try release("100.00", "check 2", second: "ben") == .released(left: Money(minorUnits: -2_000)))
    // 800.00 were the owners'; 500.00 of it is released.
    #expect(isRefused(try release("300.01", "check 3", second: "ben"), "300.00"))
    // The books change before the next is paid: what was on the screen counts no more.
    try NoiTests.post(test, 1040, "Check", "2026-04-01", NoiTests.Line(11, 25_000, cash: true))
    #expect(isRefused(try release("60.00", "check 3", second: "ben"), "50.00"))
    #expect(try test.refusal(of: "DELETE FROM draw_payments") != nil)
  }
}
