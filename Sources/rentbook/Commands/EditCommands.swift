import Domain
import Providers
import Storage
import Sync

/// `rentbook edit` and `rentbook edits`: changing records that Buildium holds, from here.
enum EditCommands {
  /// A list shows so many changes.
  private static let listMax = 500

  static let specs = [
    CommandSpec(
      "edit", "RESOURCE ID",
      options: [OptionSpec("--set", "FIELD=VALUE", isRepeated: true, "A field's new value.")],
      "Change a record; the next sync sends it. Without --set: its fields.", run: edit),
    CommandSpec("edits", "Changes made here and what became of them.", run: list),
    CommandSpec("edits list", "Changes made here and what became of them.", run: list),
    CommandSpec("edits undo", "ID", "Take a change back that was not sent yet.", run: undo),
  ]

  private static func edit(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let resource = try resource(invocation.positionals[0])
    let key = RemoteKey(.buildium, resource, invocation.positionals[1])
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let edits = RecordEdits(workspace: workspace)
    let desk = edits.desk
    guard
      let record = try RecordEdits.refusing({ () throws(EditDesk.Refusal) in try desk.record(key) })
    else {
      throw RecordEdits.failure(.unknown(key))
    }
    let texts = invocation.texts("--set")
    if texts.isEmpty { return show(record, key, invocation) }
    var fields: FieldValues = [:]
    for text in texts {
      let (name, value) = try value(text, resource, edits)
      fields[name] = value
    }
    let wanted = fields
    let edit = try RecordEdits.refusing { () throws(EditDesk.Refusal) in
      try desk.edit(key, wanted, by: workspace.configuration.user)
    }
    if invocation.isJSON {
      Output.document("edit", ["edit": json(edit)])
    } else {
      for line in lines(edit) { Output.line(line) }
      Output.line(
        edit.state == .undone
          ? "The record holds these values; there is nothing to send."
          : "Change \(edit.id). The next sync sends it; until then `rentbook edits undo \(edit.id)` "
            + "takes it back.")
    }
    return .done
  }

  private static func show(
    _ record: Record, _ key: RemoteKey, _ invocation: Invocation
  ) -> ExitCode {
    let fields = BuildiumProvider.changeable(of: key.resource)
    if invocation.isJSON {
      Output.document(
        "edit",
        [
          "key": .string(key.description),
          "fields": .array(
            fields.map {
              [
                "field": .string($0.name), "value": record[$0.name].json,
                "takes": .string($0.kind.expectation),
              ]
            }),
        ])
    } else {
      Output.table(
        ["Field", "Value", "Takes"],
        fields.map {
          [$0.name, TerminalText.harmless(record[$0.name].json.text), $0.kind.expectation]
        })
    }
    return .done
  }

  private static func list(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let edits = try RecordEdits.refusing { () throws(EditDesk.Refusal) in
      try EditDesk(workspace.store).list(limit: listMax)
    }
    if invocation.isJSON {
      Output.document("edits list", ["edits": .array(edits.map(json))])
    } else if edits.isEmpty {
      Output.line("Nothing was changed here.")
    } else {
      for edit in edits { for line in lines(edit) { Output.line(line) } }
    }
    return edits.contains { $0.state == .refused } ? .needsPerson : .done
  }

  private static func undo(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let text = invocation.positionals[0]
    guard let id = Int64(text) else {
      throw .usage("“\(text)” is no change.", hint: "`rentbook edits` shows their numbers.")
    }
    let workspace = try Workspace(invocation)
    defer { workspace.close() }
    let edit = try RecordEdits.refusing { () throws(EditDesk.Refusal) in
      try EditDesk(workspace.store).undo(id, by: workspace.configuration.user)
    }
    if invocation.isJSON {
      Output.document("edits undo", ["edit": json(edit)])
    } else {
      Output.line("Change \(id) is taken back.")
    }
    return .done
  }

  // MARK: What was typed

  private static func resource(_ name: String) throws(Failure) -> Resource {
    guard let resource = Resource(name: name), EditDesk.resources.contains(resource) else {
      throw .usage(
        "“\(name)” cannot be changed here.",
        hint: "There are: \(EditDesk.resources.map(\.rawValue).joined(separator: ", "))")
    }
    return resource
  }

  /// Reads `FIELD=VALUE`.
  private static func value(
    _ text: String, _ resource: Resource, _ edits: RecordEdits
  ) throws(Failure) -> (String, FieldValue) {
    guard let sign = text.firstIndex(of: "=") else {
      throw .usage("--set FIELD=VALUE, not “\(text)”.")
    }
    let name = String(text[..<sign])
    let typed = String(text[text.index(after: sign)...])
    return (name, try edits.value(typed, of: name, in: resource))
  }

  // MARK: Words

  private static func lines(_ edit: LocalEdit) -> [String] {
    let head = "\(edit.id)  \(edit.key)  \(edit.state.rawValue)  \(edit.madeBy)  "
    var lines = [head + edit.madeAt.secondsText]
    for name in edit.fields.keys.sorted() {
      let (old, new) = (edit.expected[name] ?? .null, edit.fields[name] ?? .null)
      lines.append("      \(name): \(old.json.text) → \(new.json.text)")
    }
    if !edit.error.isEmpty { lines.append("      ! \(edit.error)") }
    return lines.map(TerminalText.harmless)
  }

  static func json(_ edit: LocalEdit) -> JSONValue {
    [
      "id": .string(String(edit.id)), "resource": .string(edit.key.resource.rawValue),
      "record_id": .string(edit.key.id), "key": .string(edit.key.description),
      "state": .string(edit.state.rawValue),
      "fields": .array(
        edit.fields.keys.sorted().map { name in
          [
            "field": .string(name), "before": (edit.expected[name] ?? .null).json,
            "after": (edit.fields[name] ?? .null).json,
          ]
        }),
      "attempts": .int(edit.attempts), "error": .string(edit.error),
      "made_by": .string(edit.madeBy), "made_at": .string(edit.madeAt.description),
      "settled_at": .optional(edit.settledAt?.description),
    ]
  }
}
