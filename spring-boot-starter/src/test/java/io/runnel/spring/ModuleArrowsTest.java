package io.runnel.spring;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * The starter's arrow: to {@code servlet}, and what that stands on; no storage, no other server.
 */
@AnalyzeClasses(packages = "io.runnel", importOptions = ImportOption.DoNotIncludeTests.class)
class ModuleArrowsTest {
  private static final String SPRING = "io.runnel.spring..";

  @ArchTest
  static final ArchRule theStarterNeedsOfOursOnlyServletEngineAndEventStream =
      noClasses()
          .that()
          .resideInAPackage(SPRING)
          .should()
          .dependOnClassesThat(
              resideInAPackage("io.runnel..")
                  .and(
                      DescribedPredicate.not(
                          resideInAnyPackage(
                              SPRING,
                              "io.runnel.servlet..",
                              "io.runnel.engine..",
                              "io.runnel.eventstream.."))));

  /** Else a reactive application, which has no servlet API, could not load them. */
  @ArchTest
  static final ArchRule onlyTheMvcPartKnowsServlets =
      noClasses()
          .that()
          .resideInAPackage(SPRING)
          .and()
          .haveNameNotMatching(
              ".*\\.(Mvc.*|RunnelMvc.*|RunnelEmitter.*|Emitter.*|BuiltEvent.*|Converter.*)")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("jakarta.servlet..", "org.springframework.web.servlet.."));

  @ArchTest
  static void theStarterIsLookedAt(JavaClasses all) {
    assertThat(all.stream().filter(resideInAPackage(SPRING)).count()).isGreaterThan(20);
  }
}
