// The lines of a bill or a work order as a change sees them.
import Domain

/// Lines compared by what they say: neither their order nor the numbers Buildium gives them count.
enum RecordLines {
  /// What a line says: everything but its number, and what follows from the rest.
  private static func content(_ line: FieldValues) -> FieldValues {
    let hasProperty = line["property_id"].map { !$0.isNull } ?? false
    return line.filter { name, value in
      if value.isNull || name == "buildium_line_id" { return false }
      return !hasProperty || (name != "entity_type" && name != "entity_id")
    }
  }

  static func isSame(_ left: [FieldValues], _ right: [FieldValues]) -> Bool {
    func counts(_ lines: [FieldValues]) -> [FieldValues: Int] {
      Dictionary(lines.map { (content($0), 1) }, uniquingKeysWith: +)
    }
    return left.count == right.count && counts(left) == counts(right)
  }

  /// The lines with the numbers of those they are: their own, else that of a line which says the
  /// same. One that is none of them stays without a number and is a new line.
  static func numbered(_ lines: [FieldValues], like current: [FieldValues]) -> [FieldValues] {
    let taken = Set(lines.compactMap { $0["buildium_line_id"]?.integer })
    var free = current.filter { line in
      line["buildium_line_id"]?.integer.map { !taken.contains($0) } ?? false
    }
    return lines.map { line in
      guard line["buildium_line_id"]?.integer == nil,
        let match = free.firstIndex(where: { content($0) == content(line) })
      else { return line }
      var line = line
      line["buildium_line_id"] = free.remove(at: match)["buildium_line_id"]
      return line
    }
  }
}
