package io.runnel.examples.ordersspring;

import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.CsrfConfigurer;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;

/** The shop is open; the back office asks for a login. An example: every password is "runnel". */
@Configuration(proxyBeanMethods = false)
class Security {
  static final List<String> USERS = List.of("anna", "ben", "chris");

  @Bean
  static UserDetailsService users() {
    return new InMemoryUserDetailsManager(USERS.stream().map(Security::user).toList());
  }

  private static UserDetails user(String name) {
    return User.withUsername(name).password("{noop}runnel").roles("OFFICE").build();
  }

  @Bean
  static SecurityFilterChain chain(HttpSecurity http) throws Exception {
    return http.authorizeHttpRequests(
            requests ->
                requests
                    .requestMatchers("/office/**", "/office.html", "/actuator/**")
                    .authenticated()
                    .anyRequest()
                    .permitAll())
        .formLogin(form -> form.defaultSuccessUrl("/office.html"))
        // The page's script sends back the token of its cookie; placing an order needs no login.
        .csrf(csrf -> spa(csrf).ignoringRequestMatchers("/orders"))
        .build();
  }

  private static CsrfConfigurer<HttpSecurity> spa(CsrfConfigurer<HttpSecurity> csrf) {
    csrf.spa();
    return csrf;
  }
}
