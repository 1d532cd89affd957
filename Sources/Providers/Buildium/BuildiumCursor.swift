// Where a pull stands, as text that survives a restart.
//
// A pull is a list of slices (a status, a window of dates, a group of accounts, a parent), each read
// page by page. What the slices are made from is fixed at the first page and stands in the cursor, so
// that midnight or a new record does not shift them under a running pull.
import Domain
import Sync

/// A position in a pull.
struct BuildiumCursor: Sendable, Equatable {
  /// Which part of a resource with several.
  var phase = ""
  /// The first and last day the windows cover.
  var from: CalendarDate?
  var to: CalendarDate?
  /// Which window, 0 for the newest.
  var window = 0
  /// Whether the present window has had rows.
  var hasRows = false
  /// The group after this parent or account id; and the last id of the present group.
  var after = ""
  var upTo = ""
  /// How many rows of the present slice were read, and the id of the last of them.
  var offset = 0
  var last: Int?
  /// How often the present slice was begun again because rows moved.
  var restarts = 0
  /// Whether what was read so far is everything there is.
  var isWhole = true
  /// Set when the slice has been read to its end; never stored.
  var isSliceDone = false

  init() {}

  /// Goes to the start of another slice.
  mutating func beginSlice() {
    (offset, last, restarts, isSliceDone) = (0, nil, 0, false)
  }

  var text: String {
    var object = JSONObject()
    if !phase.isEmpty { object["phase"] = .string(phase) }
    if let from { object["from"] = .string(from.description) }
    if let to { object["to"] = .string(to.description) }
    if window > 0 { object["window"] = .int(window) }
    if hasRows { object["rows"] = true }
    if !after.isEmpty { object["after"] = .string(after) }
    if !upTo.isEmpty { object["upTo"] = .string(upTo) }
    object["offset"] = .int(offset)
    if let last { object["last"] = .int(last) }
    if restarts > 0 { object["restarts"] = .int(restarts) }
    if !isWhole { object["partial"] = true }
    return JSONValue.object(object).text
  }

  /// - Throws: `refused` when the text was not made by ``text``; the pull then begins again.
  init(_ text: String) throws(ProviderError) {
    guard let json = try? JSONValue(parsing: text),  // Why it is no JSON helps nobody.
      let offset = json["offset"]?.int, offset >= 0
    else {
      throw .staleCursor
    }
    self.offset = offset
    phase = json["phase"]?.string ?? ""
    from = json["from"]?.string.flatMap { CalendarDate($0) }
    to = json["to"]?.string.flatMap { CalendarDate($0) }
    window = max(0, json["window"]?.int ?? 0)
    hasRows = json["rows"]?.bool ?? false
    after = json["after"]?.string ?? ""
    upTo = json["upTo"]?.string ?? ""
    last = json["last"]?.int
    restarts = json["restarts"]?.int ?? 0
    isWhole = !(json["partial"]?.bool ?? false)
  }
}

extension ProviderError {
  /// A cursor that means nothing here (any more).
  static let staleCursor = ProviderError(
    .buildium, .refused, "The place where the last pull stopped cannot be read.",
    hint: "Start a full sync.")
}

/// Windows of dates, newest first, because the newest matter most to whoever waits.
struct DateWindows: Sendable {
  let from: CalendarDate
  let to: CalendarDate
  /// No ledger is read further back.
  static let yearsMax = 30

  private static let days = BuildiumAPI.windowDays

  /// The days of a window, both included; at most ``BuildiumAPI/windowDays`` of them.
  subscript(index: Int) -> (start: CalendarDate, end: CalendarDate) {
    let end = to.adding(days: -index * Self.days)
    return (end.adding(days: 1 - Self.days), end)
  }

  /// Whether there is another window after `index`: until `from` is covered, and then as long as
  /// the last one still held something, for books that reach further back than was known.
  func hasWindow(after index: Int, hadRows: Bool) -> Bool {
    let start = self[index].start
    if start > from { return true }
    return hadRows && to.daysSince1970 - start.daysSince1970 < Self.yearsMax * 366
  }
}
