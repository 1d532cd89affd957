import Domain
import Providers
import Sync

/// `rentbook airtable`: the base's tables and fields.
enum AirtableCommands {
  static let specs = [
    CommandSpec(
      "airtable setup", options: [OptionSpec("--dry-run", "Only say what would be made.")],
      "Make the tables and fields that are missing in the base.", run: setup),
    CommandSpec("airtable mapping", "Which table and field holds what.", run: mapping),
  ]

  private static func setup(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation, cancellation: Interruption.install())
    defer { workspace.close() }
    let isDryRun = invocation.flag("--dry-run")
    let provider = try workspace.airtable()
    let result: AirtableSetupResult
    do throws(ProviderError) {
      result = try provider.setUp(isDryRun: isDryRun, workspace.cancellation)
    } catch { throw Failure(error) }
    if let stopped = result.stopped { throw Failure(stopped) }
    if invocation.isJSON {
      var document = result.json.object ?? JSONObject()
      document["dry_run"] = .bool(isDryRun)
      Output.document("airtable setup", document)
    } else {
      let verb = isDryRun ? "Would make" : "Made"
      for table in result.createdTables { Output.line("\(verb) the table \(table)") }
      for field in result.createdFields { Output.line("\(verb) the field \(field)") }
      for sentence in result.manual { Output.line("! \(TerminalText.harmless(sentence))") }
      Output.line(
        "\(result.createdTables.count) tables and \(result.createdFields.count) fields new, "
          + "\(result.existingTables.count) tables there already.")
    }
    return result.manual.isEmpty ? .done : .needsPerson
  }

  private static func mapping(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let workspace = try Workspace(invocation, cancellation: Interruption.install())
    defer { workspace.close() }
    let provider = try workspace.airtable()
    let mapping: AirtableMapping
    do throws(ProviderError) {
      mapping = try provider.mapping(workspace.cancellation)
    } catch { throw Failure(error) }
    if invocation.isJSON {
      Output.document(
        "airtable mapping",
        ["tables": mapping.json, "problems": .array(mapping.problems.map(JSONValue.string))])
    } else {
      for table in mapping.json.array ?? [] {
        Output.line("\(table["resource"]?.string ?? "") → \(table["table"]?.string ?? "")")
        for (field, place) in table["fields"]?.object?.members ?? [] {
          Output.line("    \(field) → \(TerminalText.harmless(place["name"]?.string ?? ""))")
        }
      }
    }
    for problem in mapping.problems { Output.note("! \(TerminalText.harmless(problem))") }
    return mapping.problems.isEmpty ? .done : .needsPerson
  }
}
