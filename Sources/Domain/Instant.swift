/// A moment in Coordinated Universal Time, to the millisecond.
public struct Instant: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Milliseconds since 1970-01-01T00:00:00Z.
  public let milliseconds: Int64

  /// The moment so many milliseconds after 1970-01-01T00:00:00Z.
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Reads RFC 3339 text: `2026-11-21T04:43:00Z`, with any number of fractional digits (Buildium
  /// sends six or seven) and any offset. Text without a zone is read as UTC. Nil for anything else.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 19,
      let date = CalendarDate(String(decoding: bytes[0..<10], as: UTF8.self)),
      bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " "),
      bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
      let hour = CalendarDate.number(bytes[11..<13]), hour < 24,
      let minute = CalendarDate.number(bytes[14..<16]), minute < 60,
      let second = CalendarDate.number(bytes[17..<19]), second < 61
    else { return nil }
    var rest = bytes[19...]
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix { $0 >= 0x30 && $0 <= 0x39 }
      guard !digits.isEmpty else { return nil }
      let three = Array(digits.prefix(3)) + Array(repeating: 0x30, count: max(0, 3 - digits.count))
      fraction = CalendarDate.number(three[...]) ?? 0
      rest = rest.dropFirst(1 + digits.count)
    }
    var offsetMinutes = 0
    if !rest.isEmpty, rest != [UInt8(ascii: "Z")] {
      let zone = Array(rest)
      guard zone.count == 6, zone[0] == UInt8(ascii: "+") || zone[0] == UInt8(ascii: "-"),
        zone[3] == UInt8(ascii: ":"), let hours = CalendarDate.number(zone[1..<3]),
        let minutes = CalendarDate.number(zone[4..<6])
      else { return nil }
      offsetMinutes = (hours * 60 + minutes) * (zone[0] == UInt8(ascii: "-") ? -1 : 1)
    }
    let seconds =
      Int64(date.daysSince1970) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
      - Int64(offsetMinutes * 60)
    milliseconds = seconds * 1000 + Int64(fraction)
  }

  /// The day in UTC.
  public var date: CalendarDate {
    CalendarDate(daysSince1970: Int((milliseconds - millisecondOfDay) / 86_400_000))
  }

  /// `2026-11-21T04:43:00.123Z`, always with milliseconds, so that text sorts as time does.
  public var description: String { secondsText.dropLast() + "." + fractionText + "Z" }

  /// `2026-11-21T04:43:00Z`, the form Buildium's filters take; milliseconds are cut off.
  public var secondsText: String {
    let inDay = Int(millisecondOfDay / 1000)
    return date.description + "T"
      + CalendarDate.padded(inDay / 3600, to: 2) + ":"
      + CalendarDate.padded(inDay / 60 % 60, to: 2) + ":"
      + CalendarDate.padded(inDay % 60, to: 2) + "Z"
  }

  private var millisecondOfDay: Int64 {
    let rest = milliseconds % 86_400_000
    return rest < 0 ? rest + 86_400_000 : rest
  }

  private var fractionText: String { CalendarDate.padded(Int(millisecondOfDay % 1000), to: 3) }

  /// The moment so many milliseconds later.
  public func adding(milliseconds: Int64) -> Instant {
    Instant(milliseconds: self.milliseconds + milliseconds)
  }

  /// The natural order.
  public static func < (left: Instant, right: Instant) -> Bool {
    left.milliseconds < right.milliseconds
  }
}
