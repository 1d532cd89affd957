// swift-tools-version: 6.2
// The target graph of Rentbook. Imports point down this list; TidyTests holds them there.
import PackageDescription

/// Every target is Swift 6 with warnings as faults.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// C libraries of the distribution: a module map and a shim header each, no code of ours.
let libraries: [Target] = [
  .systemLibrary(
    name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
  .systemLibrary(
    name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
  .systemLibrary(
    name: "CMicrohttpd", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
  .systemLibrary(
    name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
  .systemLibrary(name: "CMalloc"),
  .systemLibrary(name: "CXlsxwriter", providers: [.apt(["libxlsxwriter-dev"])]),
  .systemLibrary(
    name: "CPangoCairo", pkgConfig: "pangocairo", providers: [.apt(["libpango1.0-dev"])]),
  // ncurses needs a macro before its header, so it sits behind a C target of our own.
  .target(
    name: "CTerm",
    linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
]

func target(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let package = Package(
  name: "rentbook",
  products: [
    .executable(name: "rentbook", targets: ["rentbook"]),
    .executable(name: "rentbook-bench", targets: ["rentbook-bench"]),
  ],
  targets: libraries + [
    target("Domain"),
    target("Background", ["CMalloc"]),
    target("Terminal"),
    target("Reports", ["Domain"]),
    target("Documents", ["Domain", "Reports", "CXlsxwriter", "CPangoCairo"]),
    target("NcursesTerminal", ["Terminal", "CTerm"]),
    target("Vault", ["CSodium"]),
    target("HTTP", ["Background", "CCurl"]),
    target("WebServer", ["CMicrohttpd"]),
    target("Storage", ["Domain", "Background", "Reports", "Vault", "CSQLite"]),
    target("Sync", ["Domain", "Background", "Vault", "Storage"]),
    target("Providers", ["Domain", "Background", "HTTP", "Sync"]),
    target("Sandbox", ["Domain", "Background", "WebServer", "Vault"]),
    target("Interface", ["Domain", "Reports", "Terminal"]),
    .executableTarget(
      name: "rentbook",
      dependencies: [
        "Domain", "Background", "Terminal", "NcursesTerminal", "Vault", "HTTP", "Storage",
        "Sync", "Providers", "Reports", "Documents", "Sandbox", "WebServer", "Interface",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "rentbook-bench",
      dependencies: [
        "Domain", "Background", "Terminal", "Vault", "HTTP", "WebServer", "Storage", "Sync",
        "Providers", "Reports", "Sandbox", "Interface",
      ],
      swiftSettings: strict),
    tests("TidyTests", []),
    tests("DomainTests", ["Domain"]),
    tests("VaultTests", ["Vault"]),
    .testTarget(
      name: "ReportsTests", dependencies: ["Reports", "Domain"], exclude: ["Fixtures"],
      swiftSettings: strict),
    tests("DocumentsTests", ["Documents", "Reports", "Domain"]),
    tests("HTTPTests", ["HTTP", "Background", "WebServer"]),
    tests("WebServerTests", ["WebServer"]),
    tests("StorageTests", ["Storage", "Domain", "Background", "Reports"]),
    .testTarget(
      name: "SyncTests",
      dependencies: ["Domain", "Background", "Storage", "Sync", "Vault", "CSQLite"],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "BuildiumTests", dependencies: ["Domain", "Background", "HTTP", "Sync", "Providers"],
      path: "Tests/ProvidersTests/Buildium", swiftSettings: strict),
    .testTarget(
      name: "AirtableTests", dependencies: ["Domain", "Background", "HTTP", "Sync", "Providers"],
      path: "Tests/ProvidersTests/Airtable", swiftSettings: strict),
    // The providers against the simulated services, over real HTTP on this machine.
    .testTarget(
      name: "LoopbackTests",
      dependencies: [
        "Domain", "Background", "HTTP", "WebServer", "Vault", "Sync", "Providers", "Sandbox",
      ], path: "Tests/ProvidersTests/Loopback", swiftSettings: strict),
    .testTarget(
      name: "SandboxBuildiumTests", dependencies: ["Sandbox", "Domain", "Background", "WebServer"],
      path: "Tests/SandboxTests/Buildium", swiftSettings: strict),
    .testTarget(
      name: "SandboxAirtableTests", dependencies: ["Sandbox", "Domain", "Background", "WebServer"],
      path: "Tests/SandboxTests/Airtable", swiftSettings: strict),
    tests("TerminalTests", ["Terminal"]),
    tests("NcursesTerminalTests", ["Terminal", "NcursesTerminal", "CTerm"]),
    tests("InterfaceTests", ["Interface", "Reports", "Terminal", "Domain"]),
    tests(
      "AppTests",
      ["rentbook", "Background", "Domain", "Interface", "Sandbox", "Terminal", "WebServer"]),
  ],
  swiftLanguageModes: [.v6]
)
