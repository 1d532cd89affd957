// Reading one slice of a list page by page, although rows come and go meanwhile.
import Background
import Domain
import Sync

extension BuildiumProvider {
  /// A slice whose rows keep moving is begun again so often, then read on as partial.
  static let restartsMax = 3
  /// Five million rows in one slice; more means that the offset is ignored.
  static let offsetMax = 5_000_000

  /// The next rows of a slice; moves the cursor on and says whether the slice is done.
  ///
  /// Pages are counted by offset, so a row deleted between two pages would push an unseen one
  /// behind the offset. Each page therefore begins with the last row of the one before; when it is
  /// no longer there, the slice begins again.
  func rows(
    _ path: String, _ query: [QueryItem], order: String = "Id asc", _ cursor: inout BuildiumCursor,
    _ cancellation: Cancellation
  ) throws(ProviderError) -> (rows: [JSONValue], total: Int?) {
    while true {
      let overlap = cursor.offset > 0 && cursor.last != nil ? 1 : 0
      let start = cursor.offset - overlap
      let page = try api.list(
        path, query, offset: start, order: order, cancellation: cancellation)
      var rows = page.rows
      if overlap == 1 {
        if rows.first?["Id"]?.int == cursor.last {
          rows.removeFirst()
        } else if cursor.restarts < Self.restartsMax {
          cursor.restarts += 1
          (cursor.offset, cursor.last) = (0, nil)
          continue
        } else {
          cursor.isWhole = false
        }
      }
      let end = start + page.rows.count
      cursor.offset = end
      cursor.last = page.rows.last?["Id"]?.int
      // A short page is the last one, unless the service itself says that there is more.
      cursor.isSliceDone =
        page.rows.isEmpty || page.total.map { end >= $0 } ?? (page.rows.count < BuildiumAPI.pageMax)
      if page.rows.isEmpty, let total = page.total, total > end { cursor.isWhole = false }
      guard cursor.offset <= Self.offsetMax else {
        throw .unexpected("Buildium's list GET \(path) does not end after \(end) rows.")
      }
      return (rows, page.total)
    }
  }

  /// Today, by the day of the date line least far on; dates of the books have no zone.
  var today: CalendarDate { Instant(milliseconds: clock.wallMilliseconds).date }

  /// Does several requests at once, in as many threads as Buildium's limit can feed.
  ///
  /// - Throws: the first error; what is under way is finished, nothing new is begun.
  func together<Item: Sendable, Output: Sendable>(
    _ items: [Item], _ body: @escaping @Sendable (Item) throws(ProviderError) -> Output
  ) throws(ProviderError) -> [Output] {
    guard items.count > 1 else {
      var outputs: [Output] = []
      for item in items { outputs.append(try body(item)) }
      return outputs
    }
    let state = Lock(Progress<Output>(count: items.count))
    let workers = (0..<min(items.count, Self.threadsMax)).map { number in
      Worker(name: "buildium-\(number)") {
        while let index = state.withLock({ $0.take() }) {
          do throws(ProviderError) {
            let output = try body(items[index])
            state.withLock { $0.outputs[index] = output }
          } catch {
            state.withLock { $0.error = $0.error ?? error }
          }
        }
      }
    }
    for worker in workers { worker.join() }
    let (outputs, error) = state.withLock { ($0.outputs, $0.error) }
    if let error { throw error }
    return outputs.compactMap(\.self)
  }

  /// Fewer than the ten requests Buildium takes at once; two programs may share an account.
  private static let threadsMax = 8

  private struct Progress<Output: Sendable>: Sendable {
    var outputs: [Output?]
    var next = 0
    var error: ProviderError?

    init(count: Int) { outputs = Array(repeating: nil, count: count) }

    mutating func take() -> Int? {
      guard error == nil, next < outputs.count else { return nil }
      defer { next += 1 }
      return next
    }
  }
}

/// The ids of Buildium in the order of their numbers.
func inOrder(_ ids: [String]) -> [String] {
  ids.map { (Int($0) ?? .max, $0) }.sorted { $0 < $1 }.map(\.1)
}

/// Whether `id` comes after `other` in that order; everything comes after the empty text.
func isAfter(_ id: String, _ other: String) -> Bool {
  if other.isEmpty { return true }
  return (Int(id) ?? .max, id) > (Int(other) ?? .max, other)
}
