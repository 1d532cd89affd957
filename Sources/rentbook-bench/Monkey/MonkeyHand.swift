// What a monkey does at a terminal: keys, words, pastes, rubbish, the mouse, sizes, Ctrl-Z.
import Sandbox

/// One thing that was done.
enum MonkeyStep: Sendable, CustomStringConvertible {
  case keys([UInt8])
  case paste([UInt8])
  case rubbish([UInt8])
  case mouse([UInt8])
  case resize(rows: Int, columns: Int)
  /// Stopped as by Ctrl-Z, and brought back.
  case stop

  var description: String {
    switch self {
    case .keys(let bytes): "keys \(Self.spelled(bytes))"
    case .paste(let bytes): "paste \(Self.spelled(bytes))"
    case .rubbish(let bytes): "rubbish \(Self.spelled(bytes))"
    case .mouse(let bytes): "mouse \(Self.spelled(bytes))"
    case .resize(let rows, let columns): "size \(columns)x\(rows)"
    case .stop: "stop"
    }
  }

  private static func spelled(_ bytes: [UInt8]) -> String {
    let shown = bytes.prefix(60).map { byte in
      (0x20...0x7E).contains(byte)
        ? String(Unicode.Scalar(byte)) : "\\x" + String(byte, radix: 16)
    }
    return shown.joined() + (bytes.count > 60 ? "… (\(bytes.count) bytes)" : "")
  }
}

/// Draws steps by a seed.
struct MonkeyHand {
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// A number below `end`.
  mutating func roll(_ end: Int) -> Int { Int.random(in: 0..<end, using: &random) }
  mutating func choose<Value>(_ values: [Value]) -> Value { values[roll(values.count)] }

  /// What would end or stop the program, or its output, by design: `q`, Ctrl-C, Ctrl-\, Ctrl-Z,
  /// and the terminal's own Ctrl-S and Ctrl-Q.
  private static let forbidden: Set<UInt8> = [UInt8(ascii: "q"), 3, 28, 26, 19, 17]

  /// Keys as a terminal sends them.
  private static let keys: [[UInt8]] = {
    let signs = (0x20...0x7E).map { [UInt8($0)] }
    let controls = (1...31).map { [UInt8($0)] }
    let sequences = [
      "[A", "[B", "[C", "[D", "OA", "OB", "OC", "OD", "[H", "[F", "[1~", "[4~", "[5~", "[6~",
      "[3~", "[2~", "[Z", "OP", "OQ", "[15~", "[24~", "[1;2A", "[1;2B", "[1;5C", "x", "d", "\r",
    ].map { [0x1B] + Array($0.utf8) }
    let letters = ["é", "日", "😀", "e\u{301}", "\u{202E}", "\u{200D}", "ß", "€"].map {
      Array($0.utf8)
    }
    return (signs + controls + sequences + letters + [[0x7F]])
      .filter { $0.allSatisfy { !forbidden.contains($0) } }
  }()

  /// What a person presses most: pressed most here as well, to come to places.
  private static let common = [
    "j", "j", "k", "G", "g", "\r", "\r", "\u{1B}", "\u{1B}", "\t", " ", "*", "1", "2", "3", "4",
    "5",
    "6", "?", ":", "/", "L", "y", "n", "a", "s", "S", "\u{1B}[6~", "\u{1B}[A", "\u{1B}[B", ")", "(",
  ].map { Array($0.utf8) }

  private static let words = [
    "oak", "amount>500", "-void", "due<2026-11-01", "prop:\"", "late", "ledger", "sort", "99999999",
    "x:y:z", "((((", "\"\"", "sync", "--", "amount>", "日本語", "bill",
  ].map { Array($0.utf8) }

  private static let sizes = [
    (1, 1), (1, 300), (100, 1), (2, 2), (19, 59), (20, 60), (24, 80), (24, 80), (40, 120),
    (60, 200), (100, 300),
  ]

  mutating func step() -> MonkeyStep {
    switch roll(200) {
    case 0: return .stop
    case 1..<10:
      let (rows, columns) =
        roll(2) == 0 ? choose(Self.sizes) : (1 + roll(100), 1 + roll(300))
      return .resize(rows: rows, columns: columns)
    case 10..<18: return .paste(paste())
    case 18..<24: return .rubbish(rubbish(1 + roll(roll(10) == 0 ? 3000 : 20)))
    case 24..<36: return .mouse(mouse())
    case 36..<46: return .keys(choose(Self.words) + (roll(2) == 0 ? [13] : []))
    case 46..<50: return .keys(Array((0..<(1 + roll(200))).map { _ in roll(2) == 0 ? 106 : 107 }))
    case 50..<120: return .keys(choose(Self.common))
    default: return .keys(choose(Self.keys))
    }
  }

  private mutating func rubbish(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(roll(256)) }.filter { !Self.forbidden.contains($0) }
  }

  /// A bracketed paste; now and then one that is never closed, or closed twice.
  private mutating func paste() -> [UInt8] {
    let inside: [UInt8] =
      switch roll(4) {
      case 0: rubbish(1 + roll(400))
      case 1: Array("line one\nline two\r\n\tthree".utf8)
      case 2: Array(String(repeating: "日本", count: 1 + roll(800)).utf8)
      default: choose(Self.words)
      }
    let closing = Array("\u{1B}[201~".utf8)
    let ends = roll(12)
    return Array("\u{1B}[200~".utf8) + inside
      + (ends == 0 ? [] : ends == 1 ? closing + closing : closing)
  }

  private mutating func mouse() -> [UInt8] {
    let button = choose([0, 0, 0, 1, 2, 64, 65, 65, 35, 99])
    let up = roll(2) == 0 ? "M" : "m"
    return Array("\u{1B}[<\(button);\(roll(310));\(roll(110))\(up)".utf8)
  }
}
