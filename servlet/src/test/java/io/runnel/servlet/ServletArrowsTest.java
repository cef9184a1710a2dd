package io.runnel.servlet;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * The arrows from this module: to the engine, the servlet API and that of WebSockets, and no
 * container.
 */
@AnalyzeClasses(
    packages = "io.runnel.servlet",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ServletArrowsTest {
  @ArchTest
  static final ArchRule servletNeedsTheEngineTheServletApiAndTheJdk =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "io.runnel.servlet..",
              "io.runnel.engine..",
              "io.runnel.eventstream..",
              "jakarta.servlet..",
              "jakarta.websocket..",
              "java..",
              "org.jspecify.annotations..");
}
