// What the filter of the Conflicts pane understands: `oak field:rent amount>500 vendor:"A B" -newer:air`.
import Domain

/// A filter as it was typed, term by term.
struct ConflictFilter: Sendable, Hashable {
  struct Term: Sendable, Hashable {
    /// What it is about; nil for any text of the conflict.
    var name: String?
    var relation: Relation
    var value: String
    /// Whether conflicts that meet it are left out.
    var isNegated: Bool
  }

  enum Relation: String, Sendable, Hashable, CaseIterable {
    // The longer first, so that `>=` is not taken for `>`.
    case moreOrEqual = ">="
    case lessOrEqual = "<="
    case contains = ":"
    case more = ">"
    case less = "<"
    case equals = "="
  }

  /// What terms may be about.
  static let names = ["field", "record", "prop", "property", "vendor", "newer", "would", "amount"]

  let terms: [Term]

  init(_ text: String) { terms = Self.words(text.lowercased()).map(Self.term) }

  /// The words of a text; what stands in quotes is one, with what stands right before it.
  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    var word = ""
    var isQuoted = false
    for character in text {
      if character == "\"" {
        isQuoted.toggle()
      } else if character == " ", !isQuoted {
        if !word.isEmpty { words.append(word) }
        word = ""
      } else {
        word.append(character)
      }
    }
    return word.isEmpty ? words : words + [word]
  }

  private static func term(_ word: String) -> Term {
    let isNegated = word.first == "-" && word.count > 1
    let text = isNegated ? word.dropFirst() : word[...]
    for relation in Relation.allCases {
      guard let range = text.firstRange(of: relation.rawValue) else { continue }
      let name = String(text[..<range.lowerBound])
      // A sign within other words is text: `10:30`, `a=b`.
      guard names.contains(name) else { continue }
      return Term(
        name: name, relation: relation, value: String(text[range.upperBound...]),
        isNegated: isNegated)
    }
    return Term(name: nil, relation: .contains, value: String(text), isNegated: isNegated)
  }

  /// Whether a conflict meets every term. What is still being typed (`field:`) leaves nothing out.
  func matches(_ item: ConflictItem, _ world: World) -> Bool {
    terms.allSatisfy { term in
      if term.name != nil, term.value.isEmpty { return true }
      return Self.meets(term, item, world) != term.isNegated
    }
  }

  private static func meets(_ term: Term, _ item: ConflictItem, _ world: World) -> Bool {
    func text(_ text: String) -> Bool { text.lowercased().contains(term.value) }
    switch term.name {
    case "field": return text(item.fieldTitle) || text(item.field ?? "")
    case "record": return text(item.title)
    case "prop", "property": return item.properties.contains(where: text)
    case "vendor": return text(item.vendor ?? "")
    case "newer": return item.newer?.title.lowercased().hasPrefix(term.value) == true
    case "would": return text(item.would(world))
    case "amount": return amount(term, item)
    default:
      return text(
        [
          item.title, item.key.resource.title, item.fieldTitle, item.would(world),
          ConflictItem.text(item.buildium), ConflictItem.text(item.airtable),
        ].joined(separator: " ") + " " + item.properties.joined(separator: " "))
    }
  }

  /// Whether the amount of either side is so large; fields that hold no amount never are.
  private static func amount(_ term: Term, _ item: ConflictItem) -> Bool {
    let typed = term.value.filter { $0 != "," }
    guard let wanted = Money(typed), let field = item.field,
      MirrorSchema.field(field, of: item.key.resource)?.kind == .money
    else { return false }
    return [item.buildium, item.airtable].contains { value in
      guard let amount = value?.string.flatMap({ Money($0) }) else { return false }
      switch term.relation {
      case .contains, .equals: return amount == wanted
      case .more: return amount > wanted
      case .moreOrEqual: return amount >= wanted
      case .less: return amount < wanted
      case .lessOrEqual: return amount <= wanted
      }
    }
  }
}
