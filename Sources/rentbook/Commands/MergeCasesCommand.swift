import Domain
import Sync

/// `rentbook merge-cases`: the merge as a program, for those who check it against a table of cases.
enum MergeCasesCommand {
  static let spec: CommandSpec = {
    var spec = CommandSpec(
      "merge-cases", "FILE", "Print the plan of every merge case in a file.", run: run)
    spec.isHidden = true
    return spec
  }()

  static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let path = invocation.positionals[0]
    let bytes = try Files.read(path)
    guard let document = try? JSONValue(parsing: bytes) else {
      throw .usage("“\(path)” is not a JSON document.")
    }
    let cases: [MergeCase]
    do throws(MergeCaseError) { cases = try MergeCase.cases(in: document) } catch {
      throw .usage(error.id.isEmpty ? error.message : "Case \(error.id): \(error.message)")
    }
    Output.document(
      "merge-cases",
      [
        "cases": .array(
          cases.map { ["id": .string($0.id), "plan": merge($0.input).caseJSON] })
      ])
    return .done
  }
}
