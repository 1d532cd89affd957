/// What a terminal would show: the cells that a program's output leaves, by the sequences a full-screen
/// program uses. Wide characters take two cells, the second empty.
struct Screen {
  let rows: Int
  let columns: Int
  private(set) var cells: [[Character?]]
  private(set) var cursor = (row: 0, column: 0)
  /// The private modes that are on: 1049 the alternate screen, 25 the cursor, 1006 the mouse, …
  private(set) var modes: Set<Int> = [25]
  private var saved = (row: 0, column: 0)
  private var region: ClosedRange<Int>
  private var pending: [UInt8] = []

  init(rows: Int, columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    region = 0...(rows - 1)
    cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
  }

  /// The rows as text, without trailing spaces.
  var text: String {
    cells.map { row in
      var line = String(row.compactMap(\.self))
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  /// Takes the program's output; a sequence cut at the end waits for the rest.
  mutating func feed(_ bytes: some Sequence<UInt8>) {
    pending.append(contentsOf: bytes)
    var index = 0
    while index < pending.count {
      guard let used = step(pending[index...]) else { break }
      index += used
    }
    pending.removeFirst(index)
  }

  /// Handles one character or sequence; how many bytes it had, or nil when it is not all there.
  private mutating func step(_ bytes: ArraySlice<UInt8>) -> Int? {
    let first = bytes[bytes.startIndex]
    switch first {
    case 0x1B: return escape(bytes)
    case 0x0D: cursor.column = 0
    case 0x0A: lineFeed()
    case 0x08: cursor.column = max(0, cursor.column - 1)
    case 0x09: cursor.column = min(columns - 1, (cursor.column / 8 + 1) * 8)
    case 0..<0x20: break
    default:
      let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
      guard bytes.count >= length else { return nil }
      put(String(decoding: bytes.prefix(length), as: UTF8.self))
      return length
    }
    return 1
  }

  private mutating func put(_ text: String) {
    guard let scalar = text.unicodeScalars.first, let character = text.first else { return }
    if scalar.properties.generalCategory == .nonspacingMark {
      let column = max(0, cursor.column - 1)
      if let base = cells[cursor.row][column] {
        cells[cursor.row][column] = (String(base) + text).first
      }
      return
    }
    let width = Self.isWide(scalar) ? 2 : 1
    if cursor.column + width > columns {
      cursor.column = 0
      lineFeed()
    }
    cells[cursor.row][cursor.column] = character
    if width == 2 { cells[cursor.row][cursor.column + 1] = nil }
    cursor.column += width
  }

  private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }

  private mutating func lineFeed() {
    if cursor.row == region.upperBound {
      cells.remove(at: region.lowerBound)
      cells.insert(Array(repeating: " ", count: columns), at: region.upperBound)
    } else {
      cursor.row = min(rows - 1, cursor.row + 1)
    }
  }

  private mutating func escape(_ bytes: ArraySlice<UInt8>) -> Int? {
    let start = bytes.startIndex
    guard bytes.count >= 2 else { return nil }
    switch bytes[start + 1] {
    case UInt8(ascii: "["):
      guard let end = bytes.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) }) else {
        return nil
      }
      control(String(decoding: bytes[(start + 2)..<end], as: UTF8.self), bytes[end])
      return end - start + 1
    case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"):
      var index = start + 2
      while index < bytes.endIndex {
        if bytes[index] == 0x07 { return index - start + 1 }
        if bytes[index] == 0x1B {
          guard index + 1 < bytes.endIndex else { return nil }
          return index - start + 2
        }
        index += 1
      }
      return nil
    case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "#"), UInt8(ascii: " "):
      return bytes.count >= 3 ? 3 : nil
    case UInt8(ascii: "7"): saved = cursor
    case UInt8(ascii: "8"): cursor = saved
    case UInt8(ascii: "M"): cursor.row = max(0, cursor.row - 1)
    default: break
    }
    return 2
  }

  private mutating func control(_ text: String, _ final: UInt8) {
    let isPrivate = text.hasPrefix("?") || text.hasPrefix(">") || text.hasPrefix("=")
    let numbers = text.drop { !$0.isNumber && $0 != ";" }.split(
      separator: ";", omittingEmptySubsequences: false
    ).map { Int($0.prefix { $0.isNumber }) ?? 0 }
    let first = numbers.first ?? 0
    let count = max(1, first)
    if isPrivate {
      guard text.hasPrefix("?") else { return }
      if final == UInt8(ascii: "h") { modes.formUnion(numbers) }
      if final == UInt8(ascii: "l") { modes.subtract(numbers) }
      if numbers.contains(1049) { erase(2) }
      return
    }
    func clamp(_ row: Int, _ column: Int) {
      cursor = (min(max(0, row), rows - 1), min(max(0, column), columns - 1))
    }
    switch final {
    case UInt8(ascii: "H"), UInt8(ascii: "f"):
      clamp(count - 1, max(1, numbers.count > 1 ? numbers[1] : 1) - 1)
    case UInt8(ascii: "A"): clamp(cursor.row - count, cursor.column)
    case UInt8(ascii: "B"): clamp(cursor.row + count, cursor.column)
    case UInt8(ascii: "C"): clamp(cursor.row, cursor.column + count)
    case UInt8(ascii: "D"): clamp(cursor.row, cursor.column - count)
    case UInt8(ascii: "G"): clamp(cursor.row, count - 1)
    case UInt8(ascii: "d"): clamp(count - 1, cursor.column)
    case UInt8(ascii: "J"): erase(first)
    case UInt8(ascii: "K"):
      let range =
        first == 0
        ? cursor.column..<columns : first == 1 ? 0..<min(columns, cursor.column + 1) : 0..<columns
      for column in range { cells[cursor.row][column] = " " }
    case UInt8(ascii: "X"):
      for column in cursor.column..<min(columns, cursor.column + count) {
        cells[cursor.row][column] = " "
      }
    case UInt8(ascii: "P"):
      for _ in 0..<min(count, columns - cursor.column) {
        cells[cursor.row].remove(at: cursor.column)
        cells[cursor.row].append(" ")
      }
    case UInt8(ascii: "@"):
      for _ in 0..<min(count, columns - cursor.column) {
        cells[cursor.row].insert(" ", at: cursor.column)
        cells[cursor.row].removeLast()
      }
    case UInt8(ascii: "L"):
      for _ in 0..<min(count, region.upperBound - cursor.row + 1) {
        cells.remove(at: region.upperBound)
        cells.insert(Array(repeating: " ", count: columns), at: cursor.row)
      }
    case UInt8(ascii: "M"):
      for _ in 0..<min(count, region.upperBound - cursor.row + 1) {
        cells.remove(at: cursor.row)
        cells.insert(Array(repeating: " ", count: columns), at: region.upperBound)
      }
    case UInt8(ascii: "S"), UInt8(ascii: "T"):
      let (from, to) =
        final == UInt8(ascii: "S")
        ? (region.lowerBound, region.upperBound) : (region.upperBound, region.lowerBound)
      for _ in 0..<min(count, region.count) {
        cells.remove(at: from)
        cells.insert(Array(repeating: " ", count: columns), at: to)
      }
    case UInt8(ascii: "b"):
      let column = max(0, cursor.column - 1)
      if let last = cells[cursor.row][column] {
        for _ in 0..<count { put(String(last)) }
      }
    case UInt8(ascii: "r"):
      let bottom = numbers.count > 1 && numbers[1] > 0 ? numbers[1] : rows
      region = (count - 1)...max(count - 1, min(rows, bottom) - 1)
      cursor = (0, 0)
    default: break
    }
  }

  private mutating func erase(_ what: Int) {
    for row in 0..<rows {
      for column in 0..<columns {
        let isBefore = (row, column) < (cursor.row, cursor.column)
        if what == 2 || what == 3 || (what == 0) != isBefore { cells[row][column] = " " }
      }
    }
  }
}
