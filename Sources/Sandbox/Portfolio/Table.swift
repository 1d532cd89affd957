import Domain

/// A record with the number the service knows it by.
protocol Identified: Sendable {
  var id: Int32 { get }
}

/// The records of one resource in the order of their numbers, which only grow: found by bisection,
/// so that no index stands beside twenty thousand rows.
struct Table<Row: Identified>: Sendable {
  private(set) var rows: [Row] = []
  private(set) var nextId: Int32

  init(firstId: Int32) { nextId = firstId }

  var count: Int { rows.count }

  subscript(id: Int32) -> Row? { position(id).map { rows[$0] } }

  func contains(_ id: Int32) -> Bool { position(id) != nil }

  /// Adds the record made for the next free number and returns that number.
  @discardableResult
  mutating func add(_ make: (Int32) -> Row) -> Int32 {
    let id = nextId
    let row = make(id)
    precondition(row.id == id, "a record must carry the number it was given")
    nextId += 1
    rows.append(row)
    return id
  }

  /// Adds a record whose number comes from elsewhere: a bill carries its transaction's.
  mutating func append(_ row: Row) {
    precondition(row.id >= nextId, "numbers only grow")
    nextId = row.id + 1
    rows.append(row)
  }

  /// Changes the record in place; false when there is none.
  @discardableResult
  mutating func update(_ id: Int32, _ change: (inout Row) -> Void) -> Bool {
    guard let position = position(id) else { return false }
    change(&rows[position])
    return true
  }

  /// Takes the record away; its number is never given again.
  @discardableResult
  mutating func remove(_ id: Int32) -> Row? { position(id).map { rows.remove(at: $0) } }

  private func position(_ id: Int32) -> Int? {
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      if rows[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < rows.count && rows[low].id == id ? low : nil
  }
}

/// A day in four bytes, because every posting of the ledger carries one.
struct Day: Sendable, Hashable, Comparable {
  /// Days since 1970-01-01.
  var number: Int32

  init(number: Int32) { self.number = number }
  init(_ date: CalendarDate) { number = Int32(date.daysSince1970) }

  var date: CalendarDate { CalendarDate(daysSince1970: Int(number)) }
  func adding(_ days: Int) -> Day { Day(number: number + Int32(days)) }

  /// Midnight, Coordinated Universal Time, plus so many seconds.
  func instant(second: Int = 0) -> Instant {
    Instant(milliseconds: (Int64(number) * 86_400 + Int64(second)) * 1000)
  }

  static func < (left: Day, right: Day) -> Bool { left.number < right.number }
}

/// A calendar month, for walking through the ledger.
struct Month: Sendable, Hashable {
  var year: Int
  var month: Int

  init(of day: Day) {
    let date = day.date
    (year, month) = (date.year, date.month)
  }

  private init(index: Int) { (year, month) = (index / 12, index % 12 + 1) }

  func adding(_ months: Int) -> Month { Month(index: year * 12 + month - 1 + months) }

  var length: Int { CalendarDate.daysInMonth(year: year, month: month) }

  /// The given day of the month, or its last when it has fewer.
  func day(_ number: Int) -> Day {
    guard let date = CalendarDate(year: year, month: month, day: min(max(1, number), length)) else {
      preconditionFailure("\(year)-\(month) is no month")
    }
    return Day(date)
  }

  var first: Day { day(1) }
  var last: Day { day(length) }
}
