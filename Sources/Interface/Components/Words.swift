import Domain
import Terminal

/// Numbers, times and states as people read them.
enum Words {
  /// `48,210`.
  static func number(_ value: Int) -> String {
    var digits = String(value.magnitude)
    var grouped = ""
    while digits.count > 3 {
      grouped = "," + digits.suffix(3) + grouped
      digits.removeLast(3)
    }
    return (value < 0 ? "−" : "") + digits + grouped
  }

  /// `1 record`, `2 records`.
  static func count(_ value: Int, _ noun: String) -> String {
    "\(number(value)) \(noun)\(value == 1 ? "" : "s")"
  }

  /// `49.2`: one decimal, for rates only, never for money.
  static func tenths(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e12 else { return "?" }
    let tenths = Int((value * 10).rounded())
    return "\(number(tenths / 10)).\(tenths.magnitude % 10)"
  }

  /// How many hundredths of the whole are done, 0 to 100; 100 only when all are.
  static func percent(_ done: Int, of total: Int) -> Int {
    guard total > 0 else { return 100 }
    return max(0, min(100, Int(Double(done) / Double(total) * 100)))
  }

  /// `now`, `14 s`, `3 min`, `2 h`, `5 d`: how long ago, or how long until.
  static func span(milliseconds: Int64) -> String {
    let seconds = milliseconds.magnitude / 1000
    switch seconds {
    case 0: return "now"
    case 1..<60: return "\(seconds) s"
    case 60..<3600: return "\(seconds / 60) min"
    case 3600..<172_800: return "\(seconds / 3600) h"
    default: return "\(seconds / 86_400) d"
    }
  }

  /// `14 s ago`, or `now`.
  static func ago(_ instant: Instant, _ now: Instant) -> String {
    let text = span(milliseconds: max(0, now.milliseconds - instant.milliseconds))
    return text == "now" ? text : text + " ago"
  }

  /// `2 min 48 s`: two units at most.
  static func duration(seconds: Int) -> String {
    let seconds = max(0, seconds)
    switch seconds {
    case 0..<60: return "\(seconds) s"
    case 60..<3600: return "\(seconds / 60) min \(seconds % 60) s"
    case 3600..<172_800: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
    default: return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
    }
  }

  /// `0.6 s`, `230 ms` under a tenth of a second, `48 s` from ten seconds on.
  static func duration(milliseconds: Int) -> String {
    if milliseconds < 100 { return "\(max(0, milliseconds)) ms" }
    if milliseconds < 10_000 { return tenths(Double(milliseconds) / 1000) + " s" }
    return duration(seconds: milliseconds / 1000)
  }

  /// The moment by the person's clock: `2026-10-31 23:59:10`.
  static func moment(_ instant: Instant, _ world: World) -> String {
    moment(instant, utcOffsetMinutes: world.utcOffsetMinutes)
  }

  static func moment(_ instant: Instant, utcOffsetMinutes: Int) -> String {
    let text = instant.adding(milliseconds: Int64(utcOffsetMinutes) * 60_000).secondsText
    return text.prefix(10) + " " + text.dropFirst(11).dropLast()
  }

  /// `23:59` today, `Oct 31 23:59` on another day.
  static func clock(_ instant: Instant, _ world: World) -> String {
    let there = moment(instant, world)
    let time = String(there.dropFirst(11).prefix(5))
    guard there.prefix(10) != moment(world.now, world).prefix(10) else { return time }
    let month = Int(there.dropFirst(5).prefix(2)) ?? 1
    return "\(CalendarDate.monthNames[month - 1].prefix(3)) \(there.dropFirst(8).prefix(2)) \(time)"
  }

  /// `October 2026`, by the person's clock.
  static func month(_ world: World) -> String {
    let date = world.now.adding(milliseconds: Int64(world.utcOffsetMinutes) * 60_000).date
    return "\(CalendarDate.monthNames[date.month - 1]) \(date.year)"
  }

  /// `███████░░░` for a share of the whole.
  static func bar(percent: Int, width: Int) -> String {
    let full = max(0, min(width, width * percent / 100))
    return String(repeating: "█", count: full) + String(repeating: "░", count: max(0, width - full))
  }

  /// A small chart of at most `width` columns, the newest at the right. Where there are more values
  /// than columns, each column shows the highest of its share. `full` is the height of a whole block.
  static func sparkline(_ values: [Int], full: Int, width: Int) -> String {
    guard !values.isEmpty, width > 0 else { return "" }
    let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    let top = max(1, full, values.max() ?? 1)
    let columns = min(width, values.count)
    return String(
      (0..<columns).map { column in
        let from = column * values.count / columns
        let to = max(from + 1, (column + 1) * values.count / columns)
        let value = max(0, values[from..<to].max() ?? 0)
        return blocks[min(7, Int(Double(value) / Double(top) * 7.99))]
      })
  }
}

extension LogMessage.Level {
  /// The sign and the word of a level: never colour alone.
  var sign: String {
    switch self {
    case .info: "·"
    case .warning: "!"
    case .error: "×"
    }
  }

  var style: Style {
    switch self {
    case .info: .text
    case .warning: .warning
    case .error: .error
    }
  }
}
