import Background
import Domain
import Glibc
import Storage
import Testing

@testable import Sync

/// A portfolio that lives: random records, random edits, random faults.
private struct Life {
  let random: SeededRandom
  let source: ScriptedSource
  private var next = 100

  init(_ random: SeededRandom, _ source: ScriptedSource) {
    (self.random, self.source) = (random, source)
  }

  private func ids(_ resource: Resource) -> [String] {
    source.state.withLock { ($0.records[resource] ?? [:]).keys.sorted() }
  }

  private func any(_ resource: Resource) -> FieldValue {
    let known = ids(resource)
    // Now and then a link leads nowhere, and once in a while a record of it comes later.
    if known.isEmpty || random.chance(8) { return link(resource, "\(100 + random.below(60))") }
    return link(resource, known[random.below(known.count)])
  }

  private func some(_ resource: Resource) -> FieldValue {
    .references(canonical: (0..<random.below(3)).flatMap { _ in any(resource).links })
  }

  private func amount() -> FieldValue { .money(Money(minorUnits: Int64(random.below(200_000)))) }

  private func word() -> FieldValue { random.chance(10) ? .null : .text("w\(random.below(40))") }

  private func day() -> FieldValue {
    .date(CalendarDate(daysSince1970: 20_600 + random.below(60)))
  }

  /// A whole record of a resource, as its service would give it.
  private func record(_ resource: Resource) -> (FieldValues, [FieldValues]) {
    switch resource {
    case .glAccounts:
      let kinds = [
        ("Rent Income", "Income"), ("Late Fee Income", "Income"), ("Prepayments", "Liability"),
        ("Repairs", "Expense"), ("Accounts Receivable", "Asset"),
      ]
      let (name, type) = kinds[random.below(kinds.count)]
      return (
        [
          "name": .text(name), "account_number": word(), "type": .text(type),
          "parent_gl_account_id": random.chance(30) ? any(.glAccounts) : .null,
        ], []
      )
    case .owners:
      return (
        [
          "first_name": word(), "last_name": word(), "tax_payer_id": word(),
          "property_ids": some(.properties),
        ], []
      )
    case .properties:
      return (
        [
          "name": word(), "reserve": amount(), "is_active": .boolean(random.chance(80)),
          "total_units": random.chance(50) ? .integer(Int64(random.below(9))) : .null,
        ], []
      )
    case .units:
      // Buildium keeps the numbers of a property's units apart.
      let number = FieldValue.text("n\(random.next() % 1_000_000_007)")
      return (
        ["property_id": any(.properties), "unit_number": number, "market_rent": amount()], []
      )
    case .tenants: return (["first_name": word(), "last_name": word(), "tax_id": word()], [])
    case .leases:
      let tenants = some(.tenants)
      return (
        [
          "propertyId": any(.properties), "unitId": any(.units), "rent": amount(),
          "startDate": day(), "tenant_ids": tenants, "current_tenant_ids": tenants,
        ], []
      )
    case .vendors: return (["name": word()], [])
    case .bills:
      return (
        ["vendor_id": any(.vendors), "amount": amount(), "due_date": day(), "date": day()],
        (0..<random.below(3)).map { _ in
          [
            "gl_account_id": any(.glAccounts), "amount": amount(), "memo": word(),
            "property_id": any(.properties),
          ]
        }
      )
    case .billPayments: return (["bill_id": any(.bills), "amount": amount(), "date": day()], [])
    default:
      return (
        [
          "transaction_type": .text(random.chance(60) ? "Payment" : "Charge"), "date": day(),
          "total_amount": amount(), "lease_id": random.chance(80) ? any(.leases) : .null,
          "payee_name": random.chance(30) ? word() : .null, "memo": word(),
        ],
        (0..<(1 + random.below(2))).map { _ in
          [
            "gl_account_id": any(.glAccounts), "source_amount": amount(),
            "property_id": any(.properties), "is_cash_posting": .boolean(true),
          ]
        }
      )
    }
  }

  static let resources: [Resource] = [
    .glAccounts, .owners, .properties, .units, .tenants, .leases, .vendors, .bills,
    .billPayments, .transactions,
  ]

  /// One thing happens.
  mutating func happen() {
    let resource = Self.resources[random.below(Self.resources.count)]
    let known = ids(resource)
    switch random.below(100) {
    case 0..<45:
      next += 1
      put(resource, resource == .billPayments ? "\(next):\(next)" : String(next))
    case 45..<85 where !known.isEmpty: put(resource, known[random.below(known.count)])
    // Few enough that a person need not be asked, and never the last. Vendors and accounts cannot
    // be deleted where they come from; the names they gave to others would stay.
    case 85..<93 where known.count > 2 && resource != .vendors && resource != .glAccounts:
      source.remove(resource, known[random.below(known.count)])
    default: break
    }
  }

  private func put(_ resource: Resource, _ id: String) {
    let (fields, lines) = record(resource)
    source.put(resource, id, fields, lines: lines)
  }
}

@Suite("Convergence") struct ConvergenceTests {
  /// Each seed is a whole life on a real disk; more run with the environment variable set.
  private static var seeds: Range<UInt64> {
    let count = getenv("RENTBOOK_SEEDS").flatMap { UInt64(String(cString: $0)) } ?? 12
    let first = getenv("RENTBOOK_SEED").flatMap { UInt64(String(cString: $0)) } ?? 1
    return first..<(first + count)
  }

  @Test(
    "whatever happens and whatever fails, both sides end up equal and the next run is silent",
    arguments: Self.seeds)
  func converges(_ seed: UInt64) throws {
    let random = SeededRandom(seed)
    let world = try World()
    var life = Life(random, world.source)
    world.source.set(\.pageSize, 1 + random.below(7))
    if random.chance(50) { world.sink.set(\.withoutFields, ["tenants.lease_ids"]) }
    if random.chance(50) { world.source.set(\.incremental, [.units, .leases, .transactions]) }
    for _ in 0..<(20 + random.below(40)) { life.happen() }
    for round in 0..<4 {
      let (reading, writing) = (random.below(15), random.below(25))
      world.source.set(\.fault) { _ in
        random.chance(reading)
          ? [.unexpectedAnswer, .unreachable, .rateLimited][random.below(3)] : nil
      }
      world.sink.set(\.fault) { _ in
        guard random.chance(writing) else { return nil }
        return [.notSent, .lostBefore, .lostAfter, .stop(.unreachable)][random.below(4)]
      }
      let cut = random.chance(60) ? Cut(at: 1 + random.below(150)) : nil
      _ = try? world.engine(seed: seed, cut: cut?.reach)
        .run(SyncOptions(isFull: random.chance(30)))
      if cut != nil, round % 2 == 0 { try world.reopen() }
      world.clock.advance(nanoseconds: 600_000_000_000)
      for _ in 0..<random.below(12) { life.happen() }
    }
    world.source.set(\.fault, nil)
    world.sink.set(\.fault, nil)
    _ = try world.retryAll()
    try world.sync(SyncOptions(isFull: true))
    #expect(try world.deadLetters().isEmpty, "seed \(seed)")
    let differences = try world.differences()
    #expect(differences == [], "seed \(seed)")
    world.sink.clearJournal()
    try world.sync()
    try world.sync(SyncOptions(isFull: true))
    #expect(world.sink.journal == [], "seed \(seed)")
  }
}
