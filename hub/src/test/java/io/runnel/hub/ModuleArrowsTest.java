package io.runnel.hub;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Stream;

/**
 * The arrows between modules, as the design draws them: {@code event-stream} under all, {@code
 * engine} and {@code client} on it, {@code hub} on the engine, and its command line on the client;
 * no other.
 */
@AnalyzeClasses(packages = "io.runnel", importOptions = ImportOption.DoNotIncludeTests.class)
class ModuleArrowsTest {
  private static final String EVENT_STREAM = "io.runnel.eventstream..";
  private static final String ENGINE = "io.runnel.engine..";
  private static final String CLIENT = "io.runnel.client..";
  private static final String HUB = "io.runnel.hub..";

  private static final DescribedPredicate<JavaClass> OURS = resideInAPackage("io.runnel..");
  private static final DescribedPredicate<JavaClass> JDK =
      resideInAnyPackage("java..", "javax.net..");
  private static final DescribedPredicate<JavaClass> ANNOTATIONS =
      resideInAPackage("org.jspecify.annotations..");

  @ArchTest static final ArchRule eventStreamNeedsNothingButTheJdk = onlyNeeds(EVENT_STREAM);

  @ArchTest
  static final ArchRule engineNeedsTheEventStreamAndTheJdk = onlyNeeds(ENGINE, EVENT_STREAM);

  @ArchTest
  static final ArchRule clientNeedsTheEventStreamAndTheJdkAndKnowsNoServer =
      onlyNeeds(CLIENT, EVENT_STREAM);

  @ArchTest
  static final ArchRule hubNeedsOfOursOnlyEngineEventStreamAndClient =
      noClasses()
          .that()
          .resideInAPackage(HUB)
          .should()
          .dependOnClassesThat(
              OURS.and(
                  DescribedPredicate.not(resideInAnyPackage(HUB, ENGINE, EVENT_STREAM, CLIENT))));

  @ArchTest
  static final ArchRule onlyTheCommandLineCallsTheClient =
      noClasses()
          .that()
          .resideInAPackage(HUB)
          .and()
          .haveNameNotMatching(
              ".*\\.(SubscribeCommand|Following|EventPrinter|PublishCommand|Publishing|HubCalls)(\\$.*)?")
          .should()
          .dependOnClassesThat(resideInAPackage(CLIENT));

  @ArchTest
  static void allFourModulesAreLookedAt(JavaClasses all) {
    assertThat(Stream.of(EVENT_STREAM, ENGINE, CLIENT, HUB))
        .allSatisfy(
            module ->
                assertThat(all.stream().filter(resideInAPackage(module)).count())
                    .as(module)
                    .isGreaterThan(3));
  }

  private static ArchRule onlyNeeds(String module, String... others) {
    return classes()
        .that()
        .resideInAPackage(module)
        .should()
        .onlyDependOnClassesThat(
            resideInAPackage(module).or(resideInAnyPackage(others)).or(JDK).or(ANNOTATIONS));
  }
}
