import Domain

/// A month of the calendar: `2026-07`.
public struct CalendarMonth: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Months since the year 0, so that months can be counted.
  let index: Int

  /// Reads `2026-07`, wholly; nil for anything else.
  public init?(_ text: String) {
    guard text.utf8.count == 7, let first = CalendarDate(text + "-01") else { return nil }
    self.init(containing: first)
  }

  /// The month a day is in.
  public init(containing day: CalendarDate) { index = day.year * 12 + day.month - 1 }

  private init(index: Int) { self.index = index }

  /// The first day.
  public var first: CalendarDate { CalendarDate(daysSince1970: Self.firstDay(index)) }

  /// The last day.
  public var last: CalendarDate { CalendarDate(daysSince1970: Self.firstDay(index + 1) - 1) }

  /// The first to the last day.
  public var period: Period { Period(from: first, to: last) }

  /// The month so many months later.
  public func adding(months: Int) -> CalendarMonth { CalendarMonth(index: index + months) }

  /// `2026-07`.
  public var description: String { String(first.description.prefix(7)) }

  /// `July 2026`.
  public var title: String { "\(name) \(first.year)" }

  fileprivate var name: String { CalendarDate.monthNames[first.month - 1] }

  /// The natural order.
  public static func < (left: CalendarMonth, right: CalendarMonth) -> Bool {
    left.index < right.index
  }

  /// The months from one to another, both included.
  public static func months(_ first: CalendarMonth, through last: CalendarMonth) -> [CalendarMonth]
  {
    first > last ? [] : (first.index...last.index).map { CalendarMonth(index: $0) }
  }

  private static func firstDay(_ index: Int) -> Int {
    CalendarDate(year: index / 12, month: index % 12 + 1, day: 1)?.daysSince1970 ?? 0
  }
}

/// The days from one to another, both included.
public struct Period: Sendable, Hashable, CustomStringConvertible {
  /// The first day.
  public let from: CalendarDate
  /// The last day.
  public let to: CalendarDate

  /// The days from one to another, both included.
  public init(from: CalendarDate, to: CalendarDate) { (self.from, self.to) = (from, to) }

  /// Whether a day is one of them.
  public func contains(_ day: CalendarDate) -> Bool { from <= day && day <= to }

  /// `2026-07-01 to 2026-07-31`.
  public var description: String { "\(from) to \(to)" }

  /// As people write it, where it is of whole months: `July 2026`, `July to September 2026`,
  /// `December 2025 to January 2026`; else the two days.
  public var title: String {
    let (begin, end) = (CalendarMonth(containing: from), CalendarMonth(containing: to))
    guard from == begin.first, to == end.last, begin <= end else { return description }
    guard begin != end else { return end.title }
    return "\(from.year == to.year ? begin.name : begin.title) to \(end.title)"
  }

  var days: ClosedRange<Int32> {
    let first = Int32(from.daysSince1970)
    return first...max(first, Int32(to.daysSince1970))
  }
}
