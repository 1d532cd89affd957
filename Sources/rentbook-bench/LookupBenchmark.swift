// Looking up what is known of one record, in a store with very many.
import Domain
import Storage

/// Lookups by key, at the side records come from and at the side they go to.
enum LookupBenchmark {
  private static let batch = 20_000
  private static let lookups = 50_000
  /// As long as what is kept of a transaction.
  private static let base = JSONValue.object([
    "amount": "1250.00", "check_number": "1042", "date": "2026-03-01",
    "gl_account_ids": ["buildium/glaccounts/3", "buildium/glaccounts/10"],
    "memo": "Rent of March, unit 12, with the fee for the garage",
    "property_ids": ["buildium/rentals/417"], "type": "Payment",
  ]).text

  @Sendable static func run(_ options: Options) throws(BenchmarkError) -> [Figure] {
    try TemporaryFolder.with { folder throws(BenchmarkError) in
      do throws(StorageError) {
        return try measure(options.rows, folder + "/lookups.sqlite", try sealing())
      } catch { throw BenchmarkError("The store failed: \(error.message)") }
    }
  }

  private static func sealing() throws(StorageError) -> BenchSealing {
    do throws(BenchmarkError) { return try BenchSealing() } catch {
      throw StorageError(.cannotOpen, error.message)
    }
  }

  private static func measure(
    _ rows: Int, _ path: String, _ sealing: BenchSealing
  ) throws(StorageError) -> [Figure] {
    let store = try Store(path: path, sealing: sealing) { Instant(milliseconds: 1_790_000_000_000) }
    let count = rows / 2
    let began = Now.monotonic
    try fill(store, count)
    let filling = Double(Now.monotonic - began) / 1e9
    // The log is folded in, as it is between two runs.
    store.close()
    let size = TemporaryFolder.size(path)

    let open = try Store(path: path, sealing: sealing) { Instant(milliseconds: 1_790_000_000_000) }
    defer { open.close() }
    var random = Shuffle(state: 1)
    var source = Samples(), sink = Samples(), row = Samples(), alone = Samples()
    var misses = 0
    try open.readSync { state throws(StorageError) in
      for _ in 0..<lookups {
        let number = random.next(below: count)
        let key = key(number)
        let known = try source.measure { () throws(StorageError) in try state.source(key) }
        let sent = try sink.measure { () throws(StorageError) in
          try state.sink(.airtable, .transactions, localID: localID(number))
        }
        let found = try row.measure { () throws(StorageError) in
          try state.sinkKey(.airtable, .transactions, remoteID: rowID(number))
        }
        if known?.localID != localID(number) || sent?.key != key || found != key { misses += 1 }
      }
    }
    // Each on a snapshot of its own, as the screen asks.
    for _ in 0..<lookups / 10 {
      let key = key(random.next(below: count))
      let known = try alone.measure { () throws(StorageError) in
        try open.readSync { state throws(StorageError) in try state.source(key) }
      }
      if known == nil { misses += 1 }
    }
    return [
      Figure("rows", count * 2), Figure("time to fill", filling, "s"),
      Figure("size of the store", Double(size) / 1e6, "MB", digits: 1),
      Figure("bytes per row", Double(size) / Double(max(1, count * 2)), "", digits: 0),
      Figure("lookups of each kind", lookups), Figure("not found or wrong", misses),
    ] + source.figures("source by key") + sink.figures("sink by record")
      + row.figures("sink by row id") + alone.figures("source, own snapshot")
  }

  /// Half of the rows at the source and half at the sink, in step.
  private static func fill(_ store: Store, _ count: Int) throws(StorageError) {
    let moment = Instant(milliseconds: 1_790_000_000_000)
    for start in stride(from: 0, to: count, by: batch) {
      try store.writeSync { records throws(StorageError) in
        let sync = records.sync
        let hash = sync.hash(base)
        for number in start..<min(start + batch, count) {
          let (key, id) = (key(number), localID(number))
          try sync.agree(
            key, localID: id, base: base, hash: hash, updatedAt: moment, run: 1, at: moment)
          try sync.mark(.airtable, key, localID: id, stages: nil)
          try sync.setBase(
            .airtable, .transactions, localID: id, remoteID: rowID(number), base: base, hash: hash)
          try sync.settle(
            .airtable, .transactions, localID: id, desiredHash: hash, stamp: 1)
        }
      }
    }
  }

  private static func key(_ number: Int) -> RemoteKey {
    RemoteKey(.buildium, .transactions, String(100_001 + number))
  }

  /// In the form of the store's UUIDs, in no order, as those are.
  private static func localID(_ number: Int) -> String {
    var shuffle = Shuffle(state: UInt64(number))
    let digits = hex(shuffle.next()) + hex(shuffle.next())
    var text = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append("-") }
      text.append(digit)
    }
    return text
  }

  private static func rowID(_ number: Int) -> String {
    var shuffle = Shuffle(state: UInt64(number) &+ 0x5EED)
    return "rec" + hex(shuffle.next()).suffix(14)
  }

  private static func hex(_ value: UInt64) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}

/// Numbers in no order, the same in every run (SplitMix64).
struct Shuffle {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  mutating func next(below count: Int) -> Int { Int(next() % UInt64(max(1, count))) }
}
