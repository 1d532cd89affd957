import Background
import Domain
import Glibc
import Storage
import Testing

@testable import Sync

/// Random numbers from a seed.
final class SeededRandom: RandomSource {
  private let state: Lock<UInt64>

  init(_ seed: UInt64) { state = Lock(seed) }

  func next() -> UInt64 {
    state.withLock { state in
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }
  func chance(_ percent: Int) -> Bool { below(100) < percent }
}

/// Sealing that hides nothing: what a test looks at is not the encryption.
struct OpenSealing: RecordSealing {
  func seal(_ text: String, purpose: String) -> [UInt8] { Array("\(purpose)|\(text)".utf8) }
  func open(_ sealed: [UInt8], purpose: String) -> String? {
    let text = String(decoding: sealed, as: UTF8.self)
    return text.hasPrefix("\(purpose)|") ? String(text.dropFirst(purpose.count + 1)) : nil
  }
}

/// A source, a sink and a store in a folder of its own, under a clock that is moved by hand.
final class World {
  let clock = ManualClock()
  let source: ScriptedSource
  let sink = ScriptedSink()
  let folder: String
  private(set) var store: Store
  let events = Lock<[SyncEvent]>([])

  /// - Parameter name: what the folder's name begins with.
  init(name: String = "rentbook-sync-") throws {
    source = ScriptedSource(clock: clock)
    // Every commit waits for the disk; where there is one in memory, the tests need not.
    let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array(("\(place)/\(name)" + String(repeating: "X", count: 6)).utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
    folder = try #require(made)
    store = try Self.open(folder, clock)
  }

  deinit {
    store.close()
    for file in ["store.db", "copy.db", "restored.db"] {
      for suffix in ["", "-wal", "-shm"] { unlink("\(folder)/\(file)\(suffix)") }
    }
    rmdir(folder)
  }

  private static func open(_ folder: String, _ clock: ManualClock) throws -> Store {
    try Store(
      path: "\(folder)/store.db", sealing: OpenSealing(),
      now: { Instant(milliseconds: clock.wallMilliseconds) })
  }

  /// Opens the store anew, as another start of the program does.
  func reopen() throws { store = try Self.open(folder, clock) }

  /// Puts the store as it is now aside.
  func backUp() throws { try store.backup(to: "\(folder)/copy.db") }

  /// Goes on with the copy, as a person does who puts it in the store's place.
  func restore() throws {
    store.close()
    _ = try Store.restore(from: "\(folder)/copy.db", to: "\(folder)/restored.db")
    let clock = clock
    store = try Store(
      path: "\(folder)/restored.db", sealing: OpenSealing(),
      now: { Instant(milliseconds: clock.wallMilliseconds) })
  }

  func engine(
    seed: UInt64 = 1, cut: (@Sendable (FaultPoint) throws(SyncError) -> Void)? = nil
  ) -> SyncEngine {
    let events = events
    return SyncEngine(
      store: store, source: source, sink: sink, clock: clock, randomness: SeededRandom(seed),
      observer: { event in events.withLock { $0.append(event) } }, cut: cut)
  }

  @discardableResult
  func sync(_ options: SyncOptions = SyncOptions()) throws -> SyncReport {
    clock.advance(nanoseconds: 1_000_000_000)
    let report = try engine().run(options)
    clock.advance(nanoseconds: 600_000_000_000)
    return report
  }

  /// How far the reading of a resource came.
  func pull(_ resource: Resource) throws -> PullState? {
    try store.readSync { (sync) throws(StorageError) in try sync.pull(.buildium, resource) }
  }

  func deadLetters() throws -> [DeadLetter] {
    try store.readSync { (sync) throws(StorageError) in try sync.deadLetters() }
  }

  func jobs() throws -> [JobStatus] {
    try store.readSync { (sync) throws(StorageError) in try sync.jobs() }
  }

  func status(_ resource: Resource) throws -> ResourceStatus {
    let all = try store.syncStatus(limits: [:]).resources
    return try #require(all.first { $0.resource == resource })
  }

  func retry(_ id: String) throws -> Bool {
    try store.writeSync { (records) throws(StorageError) in try records.sync.retry(id) }
  }

  func retryAll() throws -> Int {
    try store.writeSync { (records) throws(StorageError) in try records.sync.retryAll() }
  }

  func discard(_ id: String) throws -> Bool {
    try store.writeSync { (records) throws(StorageError) in try records.sync.discard(id) }
  }

  /// What the sink holds, by key: links are keys, so that ids do not matter.
  var mirror: [String: FieldValues] { Self.mirror(sink) }

  static func mirror(_ sink: ScriptedSink) -> [String: FieldValues] {
    var all: [String: FieldValues] = [:]
    for resource in Resource.mirrored {
      for row in sink.rows(resource) {
        // A key held twice must not look like one that is held once.
        let name = all[row.key.description] == nil ? row.key.description : "\(row.key) again"
        all[name] = row.fields
      }
    }
    return all
  }

  /// What a store and a sink that are new get from the source as it is now.
  func undisturbedMirror(
    withoutFields: Set<String> = []
  ) throws -> [String: FieldValues] {
    let other = try World()
    other.sink.set(\.withoutFields, withoutFields)
    other.clock.advance(
      nanoseconds: UInt64(max(0, clock.wallMilliseconds - other.clock.wallMilliseconds)) * 1_000_000
    )
    let records = source.state.withLock(\.records)
    other.source.state.withLock { $0.records = records }
    _ = try other.engine().run(SyncOptions())
    return other.mirror
  }

  /// How the sink differs from what an undisturbed first sync would make of the source as it is.
  func differences() throws -> [String] {
    let expected = try undisturbedMirror(withoutFields: sink.state.withLock(\.withoutFields))
    return Self.differences(mirror, expected)
  }

  /// The fields that differ, so that a failure shows them and not two whole portfolios.
  static func differences(
    _ left: [String: FieldValues], _ right: [String: FieldValues]
  ) -> [String] {
    Set(left.keys).union(right.keys).sorted().flatMap { name -> [String] in
      guard let a = left[name] else { return ["\(name) is missing"] }
      guard let b = right[name] else { return ["\(name) is too many"] }
      return Set(a.keys).union(b.keys).sorted().filter {
        a[$0] ?? .null != b[$0] ?? .null
          && ![a[$0], b[$0]].contains(.boolean(false))
      }.map { "\(name) \($0): \(String(describing: a[$0])), not \(String(describing: b[$0]))" }
    }
  }
}

func key(_ resource: Resource, _ id: String) -> RemoteKey { RemoteKey(.buildium, resource, id) }
func link(_ resource: Resource, _ id: String) -> FieldValue { .reference(key(resource, id)) }
func links(_ resource: Resource, _ ids: String...) -> FieldValue {
  .references(canonical: ids.map { key(resource, $0) })
}
func money(_ text: String) -> FieldValue { Money(text).map { .money($0) } ?? .null }
func date(_ text: String) -> FieldValue { CalendarDate(text).map { .date($0) } ?? .null }

extension ScriptedSource {
  /// Two properties with three units, two leases, money in and out: every mirrored resource.
  func fillSmall() {
    put(
      .glAccounts, "3",
      [
        "account_number": .text("4000"), "name": .text("Rent Income"),
        "type": .text("Income"), "sub_type": .text("Income"), "is_active": .boolean(true),
      ])
    put(
      .glAccounts, "11",
      [
        "account_number": .text("6100"), "name": .text("Repairs"),
        "type": .text("Expense"), "sub_type": .text("OperatingExpenses"),
        "is_active": .boolean(true),
      ])
    // The child has the smaller id: it comes first and must not leave first.
    put(
      .glAccounts, "2",
      [
        "account_number": .text("6110"), "name": .text("Plumbing"),
        "type": .text("Expense"), "parent_gl_account_id": link(.glAccounts, "11"),
      ])
    put(
      .owners, "1",
      [
        "first_name": .text("Ada"), "last_name": .text("Byron"),
        "email": .text("ada@example.com"), "property_ids": links(.properties, "1", "2"),
      ])
    put(
      .owners, "2",
      [
        "company_name": .text("Byron Estates"), "is_company": .boolean(true),
        "property_ids": links(.properties, "2"),
      ])
    for (id, name) in [("1", "Elm Court"), ("2", "Oak House")] {
      put(
        .properties, id,
        [
          "name": .text(name), "address_line1": .text("\(id) Main Street"),
          "city": .text("Durham"), "reserve": money("500"), "is_active": .boolean(true),
          "rental_sub_type": .text("MultiFamily"), "total_units": .integer(2),
        ])
    }
    for (id, property, number) in [("10", "1", "A"), ("11", "1", "B"), ("12", "2", "1")] {
      put(
        .units, id,
        [
          "property_id": link(.properties, property), "unit_number": .text(number),
          "market_rent": money("1250.50"), "is_unit_occupied": .boolean(id != "11"),
        ])
    }
    for (id, name) in [("20", "Grace"), ("21", "Alan"), ("22", "Edsger")] {
      put(.tenants, id, ["first_name": .text(name), "last_name": .text("Tenant")])
    }
    put(
      .leases, "30",
      [
        "propertyId": link(.properties, "1"), "unitId": link(.units, "10"),
        "startDate": date("2026-01-01"), "status": .text("Active"), "rent": money("1250"),
        "depositAmt": money("1250"), "tenant_ids": links(.tenants, "20", "21"),
        "current_tenant_ids": links(.tenants, "20"),
      ])
    put(
      .leases, "31",
      [
        "propertyId": link(.properties, "2"), "unitId": link(.units, "12"),
        "status": .text("Active"), "rent": money("900"), "tenant_ids": links(.tenants, "22"),
      ])
    put(
      .vendors, "40",
      [
        "company_name": .text("Pipe Works"), "name": .text("Pipe Works"),
        "is_company": .boolean(true),
      ])
    for (id, amount) in [("50", "480.00"), ("51", "75.25")] {
      put(
        .bills, id,
        [
          "vendor_id": link(.vendors, "40"), "date": date("2026-03-01"),
          "due_date": date("2026-03-31"), "amount": money(amount),
          "reference_number": .text("INV-\(id)"),
          "buildium_approval_status": .text("Approved"),
        ],
        lines: [
          [
            "gl_account_id": link(.glAccounts, "2"), "amount": money(amount),
            "memo": .text("tap"), "property_id": link(.properties, "1"),
          ]
        ])
    }
    put(
      .billPayments, "60:50",
      [
        "bill_id": link(.bills, "50"), "amount": money("200"),
        "date": date("2026-03-20"),
      ])
    putPayment("70", lease: "30", property: "1", unit: "10", amount: "1250", on: "2026-03-02")
    putPayment("71", lease: "31", property: "2", unit: "12", amount: "400", on: "2026-03-05")
    put(
      .transactions, "72",
      [
        "transaction_type": .text("Bill"), "date": date("2026-03-01"),
        "total_amount": money("480"),
      ],
      lines: [
        [
          "gl_account_id": link(.glAccounts, "2"), "source_amount": money("480"),
          "property_id": link(.properties, "1"),
        ]
      ])
  }

  func putPayment(
    _ id: String, lease: String, property: String, unit: String, amount: String, on day: String,
    account: String = "3"
  ) {
    put(
      .transactions, id,
      [
        "transaction_type": .text("Payment"), "date": date(day),
        "total_amount": money(amount), "payment_method": .text("Check"),
        "check_number": .text("1\(id)"), "lease_id": link(.leases, lease),
        "unit_id": link(.units, unit),
      ],
      lines: [
        [
          "gl_account_id": link(.glAccounts, account), "source_amount": money(amount),
          "property_id": link(.properties, property), "unit_id": link(.units, unit),
        ]
      ])
  }
}
