extension JSONValue {
  /// The value with a line for each member and two spaces for each level, for people to read.
  public var indentedText: String {
    var text = ""
    write(into: &text, indent: "")
    return text
  }

  private func write(into text: inout String, indent: String) {
    let inner = indent + "  "
    switch self {
    case .object(let object) where !object.isEmpty:
      text += "{"
      for (number, member) in object.members.enumerated() {
        text += (number == 0 ? "\n" : ",\n") + inner + JSONValue.string(member.key).text + ": "
        member.value.write(into: &text, indent: inner)
      }
      text += "\n" + indent + "}"
    case .array(let values) where !values.isEmpty:
      text += "["
      for (number, value) in values.enumerated() {
        text += (number == 0 ? "\n" : ",\n") + inner
        value.write(into: &text, indent: inner)
      }
      text += "\n" + indent + "]"
    default: text += self.text
    }
  }
}
